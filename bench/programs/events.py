"""WRITER DIRECTORY COUNT: writes COUNT scalars with tensorboardX's or torch's SummaryWriter. Prints what it took."""
import json
import sys
import time

writer_name, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if writer_name == "torch":
    from torch.utils.tensorboard import SummaryWriter
else:
    from tensorboardX import SummaryWriter

tags = ["train/loss", "train/accuracy", "val/loss", "lr"]
writer = SummaryWriter(directory)
for step in range(count // 10):
    writer.add_scalar(tags[step % 4], step, step)
begin = time.perf_counter()
for step in range(count // 10, count // 10 + count):
    writer.add_scalar(tags[step % 4], step, step)
writer.close()
print(json.dumps({"perSecond": count / (time.perf_counter() - begin)}))

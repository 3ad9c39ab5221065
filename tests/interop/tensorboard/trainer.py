"""A training script that logs by itself: WRITER DIRECTORY ATTEMPT FROM TO finish|kill

WRITER is tensorboardX, tensorboardX+purge_step, pytorch, pytorch+purge_step or tensors. CLOCK_AHEAD_S: by so many
seconds its clock is ahead.
"""
import os
import signal
import sys
import time

import numpy

if "CLOCK_AHEAD_S" in os.environ:
    right, ahead = time.time, float(os.environ["CLOCK_AHEAD_S"])
    time.time = lambda: right() + ahead

writer_name, directory, attempt, first, last, end = sys.argv[1:]
attempt, first, last = int(attempt), int(first), int(last)
purge_step = first if writer_name.endswith("+purge_step") and attempt > 1 else None


class Pytorch:
    """The events of torch.utils.tensorboard.SummaryWriter, which is this package's file writer underneath."""

    def __init__(self):
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.event, self.summary = event_pb2.Event, summary_pb2.Summary
        self.file = EventFileWriter(directory)
        if purge_step is not None:
            start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self.file.add_event(self.event(step=purge_step, file_version="brain.Event:2"))
            self.file.add_event(self.event(step=purge_step, session_log=start))

    def add(self, step, **value):
        summary = self.summary(value=[self.summary.Value(**value)])
        self.file.add_event(self.event(wall_time=time.time(), step=step, summary=summary))

    def add_scalar(self, tag, value, step):
        self.add(step, tag=tag, simple_value=value)

    def add_image(self, tag, pixels, step):
        import io

        from PIL import Image

        png = io.BytesIO()
        Image.fromarray(pixels[0]).save(png, "png")
        image = self.summary.Image(height=1, width=1, colorspace=1, encoded_image_string=png.getvalue())
        self.add(step, tag=tag, image=image)

    def close(self):
        self.file.close()


def open_writer():
    if writer_name.startswith("tensorboardX"):
        from tensorboardX import SummaryWriter

        return SummaryWriter(directory, purge_step=purge_step)
    if writer_name.startswith("pytorch"):
        return Pytorch()
    from tensorboard.summary import Writer

    return Writer(directory)


writer = open_writer()
for step in range(first, last + 1):
    value = attempt * 1000 + step
    writer.add_scalar("loss", value, step)
    if step % 50 == 0:
        writer.add_scalar("val", value, step)
    if step % 100 == 7:
        writer.add_scalar("rare", value, step)
    if step == 240 and attempt == 1:
        writer.add_scalar("gone", value, step)
    if step % 60 == 0 and hasattr(writer, "add_image"):
        writer.add_image("sample", numpy.full((1, 1, 1), attempt, numpy.uint8), step)
writer.close()
if end == "kill":
    os.kill(os.getpid(), signal.SIGKILL)

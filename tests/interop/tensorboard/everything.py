"""Writes one file of each writer into DIRECTORY/<writer>, with everything it can log, and prints nothing."""
import os
import sys

import numpy
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.summary import Writer
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboardX import SummaryWriter

directory = sys.argv[1]
rng = numpy.random.default_rng(1)


def tensorboardx():
    writer = SummaryWriter(os.path.join(directory, "tensorboardX"), purge_step=3)
    writer.add_text("note", "some *text* ü", 1)
    for step in (0, 1, 2**33, -1):
        writer.add_scalar("loss/train", rng.normal(), step, walltime=1.7e9 + 0.125)
        writer.add_scalar("described", rng.normal(), step, summary_description="what it is")
        writer.add_histogram("weights", rng.normal(size=1000), step)
        writer.add_image("image", rng.integers(0, 255, (3, 4, 5), numpy.uint8), step)
    writer.add_scalar("nan", float("nan"), 5)
    writer.add_scalars("several", {"a": 1.5, "b": 2.5}, 6)
    writer.add_images("images", rng.integers(0, 255, (2, 3, 4, 5), numpy.uint8), 7)
    writer.add_pr_curve("precision", rng.integers(0, 2, 100), rng.random(100), 8)
    writer.add_hparams({"lr": 0.1, "name": "x"}, {"score": 0.5}, name="hparams")
    writer.add_custom_scalars({"losses": {"loss": ["Multiline", ["loss/train"]]}})
    writer.add_mesh("mesh", numpy.zeros((1, 3, 3)), faces=numpy.zeros((1, 1, 3), dtype=int))
    writer.close()


def native():
    writer = Writer(os.path.join(directory, "native"))
    for step in range(20):
        writer.add_scalar("loss", rng.normal(), step, description="described")
    writer.close()


def tensorflow():
    """As TensorFlow 2 and Keras do: raw tensor content, metadata with each value."""
    path = os.path.join(directory, "tensorflow")
    writer = EventFileWriter(path, filename_suffix=".v2")

    def add(step, tag, plugin, tensor, with_metadata=True):
        value = summary_pb2.Summary.Value(tag=tag, tensor=tensor)
        if with_metadata:
            value.metadata.plugin_data.plugin_name = plugin
        writer.add_event(event_pb2.Event(wall_time=1.7e9, step=step, summary=summary_pb2.Summary(value=[value])))

    for step in range(5):
        number = numpy.float32(rng.normal())
        add(step, "epoch_loss", "scalars", tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, tensor_content=number.tobytes(), tensor_shape={}))
        # PyTorch's new style, and its double precision; metadata once.
        add(step, "new", "scalars", tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[number]), step == 0)
        add(step, "double", "scalars", tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, double_val=[number]), step == 0)
        add(step, "count", "scalars", tensor_pb2.TensorProto(dtype=types_pb2.DT_INT64, int64_val=[-step]), step == 0)
        add(step, "own", "a_plugin_of_mine", tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[1.0]))
    writer.add_event(event_pb2.Event(graph_def=b"\x0a\x00"))
    writer.close()


tensorboardx()
native()
tensorflow()

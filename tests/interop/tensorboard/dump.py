"""Prints what TensorBoard's own reader makes of each event file below DIRECTORY, as JSON: path → events."""
import json
import os
import sys

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util


def value_of(value, plugins):
    plugin = plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
    if not value.HasField("tensor"):
        return {"tag": value.tag, "plugin": plugin}
    array = tensor_util.make_ndarray(value.tensor)
    if plugin == "scalars":
        data = repr(float(array))
    elif plugin == "images":
        data = [item.hex() for item in array.flatten()[2:]]
    elif plugin == "text":
        data = [item.decode() for item in array.flatten()]
    elif plugin == "histograms":
        data = [[float(number) for number in row] for row in array]
    else:
        data = None
    return {"tag": value.tag, "plugin": plugin, "data": data}


def event_of(event, plugins):
    what = event.WhichOneof("what")
    seen = {"wallTime": event.wall_time, "step": event.step, "what": what}
    if what == "file_version":
        seen["version"] = event.file_version
    if what == "session_log":
        seen["status"] = event.session_log.status
    if what == "summary":
        seen["values"] = [value_of(value, plugins) for value in event.summary.value]
    return seen


files = {}
for directory, _, names in os.walk(sys.argv[1]):
    for name in names:
        plugins = {}
        path = os.path.join(directory, name)
        files[path] = [event_of(event, plugins) for event in EventFileLoader(path).Load()]
print(json.dumps(files))

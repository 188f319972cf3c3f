"""Asks for the species of a few flowers over Socket.IO, and prints what it is told.

Usage: python socketio_client.py [URL]

It needs `python-socketio[client]`, and nothing of tornado-ml.
"""

import queue
import sys

import socketio

FLOWERS = [
    {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2},
    {"sepal_length": 6.3, "sepal_width": 3.3, "petal_length": 6.0, "petal_width": 2.5},
    {"sepal_length": 5.9, "sepal_width": 3.0, "petal_length": 4.2, "petal_width": 1.5},
    {"sepal_length": "long"},
]

sio = socketio.Client()
told = queue.SimpleQueue()


@sio.on("prediction_response")
def on_response(data):
    told.put(f"prediction_response: {data['prediction']['species']}")


@sio.on("prediction_error")
def on_error(data):
    told.put(f"prediction_error: {data['type']}: {data['message']}")


def main():
    sio.connect(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765")
    for flower in FLOWERS:
        sio.emit("prediction_request", {"model_qualified_name": "iris_model", "input_data": flower})
    for _ in FLOWERS:
        print(told.get(timeout=30))
    sio.disconnect()


if __name__ == "__main__":
    main()

"""The peer: what one would write with FastAPI. A socket that validates with pydantic, and a model of scikit-learn in
the same process. Prints its address like `tornado-ml serve`.
"""

from __future__ import annotations

import sys
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field
from sklearn.datasets import load_iris
from sklearn.svm import SVC
from tornado.netutil import bind_sockets


class Flower(BaseModel):
    sepal_length: float = Field(ge=0, le=10)
    sepal_width: float = Field(ge=0, le=10)
    petal_length: float = Field(ge=0, le=10)
    petal_width: float = Field(ge=0, le=10)


class Question(BaseModel):
    model_qualified_name: Literal["iris_model"]
    input_data: Flower


class Envelope(BaseModel):
    event: Literal["prediction_request"]
    id: int
    data: Question


def make_app() -> FastAPI:
    iris = load_iris()
    model = SVC(gamma=0.001, C=100.0).fit(iris.data, iris.target_names[iris.target])
    app = FastAPI()

    def answer(text: str) -> dict[str, Any]:
        request = Envelope.model_validate_json(text)
        (species,) = model.predict([list(request.data.input_data.model_dump().values())])
        prediction = {"species": str(species)}
        data = {"model_qualified_name": request.data.model_qualified_name, "prediction": prediction}
        return {"event": "prediction_response", "id": request.id, "data": data}

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_json(answer(await websocket.receive_text()))
        except WebSocketDisconnect:
            return

    return app


def main() -> None:
    (listener,) = bind_sockets(0, "127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning"))
    sys.stdout.write(f"peer: serving on http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()

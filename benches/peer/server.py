"""The peer as a server: the four routes that `cargo xtask bench serve` asks, on FastAPI, without accounts, audit or validation.

    PEER_PACK=.rostro/models/standard uvicorn server:app --workers CORES --no-access-log
"""

import os

import anyio
import cv2
import numpy as np
import orjson
import pybase64
from fastapi import FastAPI, HTTPException, Request, Response

from pipeline import from_environment

pipeline = from_environment()
app = FastAPI()
# One picture at a time in each process; the event loop stays free to read and to answer.
one = anyio.CapacityLimiter(1)
rows = int(os.environ.get("PEER_ROWS", "0"))
gallery = np.random.default_rng(1).standard_normal((rows, 512), np.float32)
gallery /= np.linalg.norm(gallery, axis=1, keepdims=True) if rows else 1


def picture(text: str) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(pybase64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise HTTPException(400, "not a picture")
    return found


def main_face(image: np.ndarray, closely: bool = False) -> np.ndarray:
    faces = pipeline.faces(image, closely)
    if not len(faces):
        raise HTTPException(422, "no face")
    return faces[0]


def template(text: str) -> np.ndarray:
    image = picture(text)
    return pipeline.embed(image, main_face(image))


def compare(body: dict) -> dict:
    score = pipeline.similarity(template(body["probe"][0]), template(body["gallery"][0]))
    return {"score": score, "passed": score >= 0.85}


def liveness(body: dict) -> dict:
    image = picture(body["image"])
    face = main_face(image, closely=True)
    quality = pipeline.quality(image, face)
    return {"score": pipeline.liveness(image, face), "quality": quality}


def detect(body: dict) -> dict:
    faces = pipeline.faces(picture(body["image"]), closely=True)
    return {"faces": [{"box": face[:4].tolist(), "landmarks": face[5:].tolist()} for face in faces]}


def search(body: dict) -> dict:
    similarities = gallery @ template(body["images"][0])
    best = np.argpartition(-similarities, 10)[:10]
    best = best[np.argsort(-similarities[best])]
    return {"found": [{"id": int(one), "cosine": float(similarities[one])} for one in best]}


def route(name: str, work):
    async def handle(request: Request) -> Response:
        body = orjson.loads(await request.body())
        data = await anyio.to_thread.run_sync(work, body, limiter=one)
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    app.post(f"/v2/face-recognition/{name}")(handle)


for work in (compare, liveness, detect, search):
    route(work.__name__, work)


@app.get("/readyz")
async def ready() -> dict:
    return {"ready": True}

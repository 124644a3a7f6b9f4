"""The face pipeline of Rostro's pack `standard` with numpy, OpenCV and onnxruntime: the peer of `cargo xtask bench serve`.

Pictures are OpenCV BGR arrays. One thread: several processes side by side use the cores.
"""

import os
import tomllib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

cv2.setNumThreads(1)

ARCFACE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
STRIDES = (8, 16, 32)


class Model:
    def __init__(self, path: Path):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.outputs = [output.name for output in self.session.get_outputs()]

    def __call__(self, tensor: np.ndarray) -> dict[str, np.ndarray]:
        return dict(zip(self.outputs, self.session.run(None, {self.input: tensor})))

    def first(self, tensor: np.ndarray) -> np.ndarray:
        return self.session.run(self.outputs[:1], {self.input: tensor})[0]


def tensor(picture: np.ndarray, mean: float = 0.0, scale: float = 1.0, rgb: bool = False) -> np.ndarray:
    """One picture as [1, 3, H, W]; `cv2.dnn.blobFromImage` is the quickest way there."""
    return cv2.dnn.blobFromImage(picture, scale, mean=(mean, mean, mean), swapRB=rgb)


class Pipeline:
    def __init__(self, pack: Path):
        manifest = tomllib.loads((pack / "pack.toml").read_text())

        def load(role: dict) -> Model:
            return Model(pack / manifest["files"][role["file"]]["name"])

        self.detector = load(manifest["detector"])
        self.least = manifest["detector"]["score"]
        self.overlap = manifest["detector"]["nms"]
        self.embedder = load(manifest["embedder"])
        self.liveness_models = [(load(one), one["crop"]["inside"]) for one in manifest["liveness"]["models"]]
        self.eyes = load(manifest["eyes"])
        pose = manifest.get("pose")
        there = pose and (pack / manifest["files"][pose["file"]]["name"]).exists()
        self.pose = load(pose) if there else None
        calibration = manifest["embedder"]["calibration"]
        points = [(1.0, 1.0), (calibration["impostor_mean"], 0.0)]
        scores = {1e-2: 0.50, 1e-3: 0.67, 1e-4: 0.75, 1e-5: 0.81, 1e-6: 0.85}
        points += [(one["cosine"], scores[one["fmr"]]) for one in calibration["anchors"] if one["fmr"] in scores]
        self.cosines, self.scores = zip(*sorted(points))

    def look(self, picture: np.ndarray, longest: int) -> np.ndarray:
        """Rows of left, top, right, bottom, score and five landmarks, in pixels of the picture, largest first."""
        height, width = picture.shape[:2]
        scale = min(longest / max(height, width), 1.0)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(picture, size) if size != (width, height) else picture
        canvas = cv2.copyMakeBorder(small, 0, -size[1] % 32, 0, -size[0] % 32, cv2.BORDER_CONSTANT)
        out = self.detector(tensor(canvas))
        found = []
        for stride in STRIDES:
            across = canvas.shape[1] // stride
            score = np.sqrt(out[f"cls_{stride}"].ravel().clip(0, 1) * out[f"obj_{stride}"].ravel().clip(0, 1))
            at = np.flatnonzero(score >= self.least)
            if not at.size:
                continue
            cell = np.stack([at % across, at // across], 1)
            box = out[f"bbox_{stride}"].reshape(-1, 4)[at]
            middle = (cell + box[:, :2]) * stride
            half = np.exp(box[:, 2:]) * stride / 2
            points = (out[f"kps_{stride}"].reshape(-1, 5, 2)[at] + cell[:, None]) * stride
            found.append(
                np.concatenate([middle - half, middle + half, score[at, None], points.reshape(-1, 10)], 1)
            )
        if not found:
            return np.zeros((0, 15), np.float32)
        faces = np.concatenate(found)
        boxes = np.concatenate([faces[:, :2], faces[:, 2:4] - faces[:, :2]], 1)
        keep = cv2.dnn.NMSBoxes(boxes.tolist(), faces[:, 4].tolist(), self.least, self.overlap)
        faces = faces[np.asarray(keep).ravel()]
        faces[:, :4] /= scale
        faces[:, 5:] /= scale
        return faces[np.argsort(-(faces[:, 2] - faces[:, 0]) * (faces[:, 3] - faces[:, 1]))]

    def faces(self, picture: np.ndarray, closely: bool) -> np.ndarray:
        """As the server looks: small first when one face is wanted quickly, at 640 pixels otherwise."""
        longest = max(picture.shape[:2])
        if closely:
            return self.look(picture, 640)
        faces = self.look(picture, 320)
        good = 72 * max(longest / 320, 1.0)
        if longest > 400 and not (len(faces) and (faces[:, 3] - faces[:, 1]).max() >= good):
            faces = self.look(picture, 640)
        return faces

    def embed(self, picture: np.ndarray, face: np.ndarray) -> np.ndarray:
        crop = cv2.warpAffine(picture, to_arcface(face[5:].reshape(5, 2)), (112, 112))
        template = self.embedder.first(tensor(crop, 127.5, 1 / 127.5, rgb=True)).ravel()
        return template / np.linalg.norm(template)

    def similarity(self, a: np.ndarray, b: np.ndarray) -> float:
        return round(float(np.interp(a @ b, self.cosines, self.scores)), 4)

    def liveness(self, picture: np.ndarray, face: np.ndarray) -> float:
        probabilities = []
        for model, scale in self.liveness_models:
            crop = cv2.resize(inside(picture, face, scale), (80, 80))
            logits = model.first(tensor(crop)).ravel()
            odds = np.exp(logits - logits.max())
            probabilities.append(float(odds[1] / odds.sum()))
        return sum(probabilities) / len(probabilities)

    def quality(self, picture: np.ndarray, face: np.ndarray) -> dict[str, float]:
        points = face[5:].reshape(5, 2)
        grey = cv2.cvtColor(cv2.warpAffine(picture, to_arcface(points), (112, 112)), cv2.COLOR_BGR2GRAY)
        variance = float(cv2.Laplacian(grey[22:90, 22:90], cv2.CV_32F).var())
        side = max(2, int(0.6 * np.hypot(*(points[1] - points[0]))))
        eyes = []
        for x, y in points[:2]:
            crop = cv2.getRectSubPix(picture, (side, side), (float(x), float(y)))
            eyes.append(float(self.eyes.first(tensor(cv2.resize(crop, (32, 32)), 127.0, 1 / 255)).ravel()[1]))
        if self.pose:
            width, height = face[2:4] - face[:2]
            for shift in (0.0, 0.04, -0.04):
                box = face[:4] + shift * np.array([width, height, width, height])
                left, top, right, bottom = np.clip(box, 0, None).astype(int)
                self.pose(tensor(cv2.resize(picture[top:bottom, left:right], (60, 60))))
        return {"sharpness": variance / (variance + 60), "brightness": float(grey.mean()) / 255, "eyes": min(eyes)}


def to_arcface(points: np.ndarray) -> np.ndarray:
    """The similarity that brings five landmarks onto ArcFace's template, by least squares: one complex factor and a shift."""
    source, target = points @ [1, 1j], ARCFACE @ [1, 1j]
    middle = source.mean()
    factor = np.vdot(source - middle, target) / np.vdot(source - middle, source - middle)
    shift = target.mean() - factor * middle
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def inside(picture: np.ndarray, face: np.ndarray, scale: float) -> np.ndarray:
    """The box enlarged about its centre, shifted to lie inside the picture."""
    height, width = picture.shape[:2]
    w, h = face[2:4] - face[:2]
    scale = min((height - 1) / h, (width - 1) / w, scale)
    x, y = (face[:2] + face[2:4]) / 2
    left = min(max(x - w * scale / 2, 0), width - 1 - w * scale)
    top = min(max(y - h * scale / 2, 0), height - 1 - h * scale)
    return picture[int(top) : int(top + h * scale) + 1, int(left) : int(left + w * scale) + 1]


def from_environment() -> Pipeline:
    return Pipeline(Path(os.environ["PEER_PACK"]))

"""insightface from pip on the same ONNX files: decode, detect, align and embed two pictures, over and over, in one process a core.

    python insight.py DETECTOR.onnx EMBEDDER.onnx PICTURE SECONDS PROCESSES

No HTTP, no JSON, no base64. Prints pairs of pictures per second, then p50 and p99 in milliseconds.
"""

import multiprocessing
import sys
import time

import cv2
import numpy as np
import onnxruntime as ort


def run(detector: str, embedder: str, file: str, seconds: float, start, results) -> None:
    from insightface.app.common import Face
    from insightface.model_zoo.arcface_onnx import ArcFaceONNX
    from insightface.model_zoo.scrfd import SCRFD

    cv2.setNumThreads(1)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1

    def session(path: str) -> ort.InferenceSession:
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    finder = SCRFD(detector, session(detector))
    finder.prepare(-1, input_size=(320, 320), det_thresh=0.5)
    recogniser = ArcFaceONNX(embedder, session(embedder))
    # The export's sides have names instead of numbers.
    recogniser.input_size = (112, 112)
    picture = np.fromfile(file, np.uint8)

    def template() -> np.ndarray:
        image = cv2.imdecode(picture, cv2.IMREAD_COLOR)
        boxes, points = finder.detect(image, max_num=1)
        return recogniser.get(image, Face(bbox=boxes[0, :4], kps=points[0], det_score=boxes[0, 4]))

    for _ in range(20):
        template()
    start.wait()
    times, begun = [], time.perf_counter()
    while (before := time.perf_counter()) - begun < seconds:
        recogniser.compute_sim(template(), template())
        times.append(time.perf_counter() - before)
    results.put(times)


def main() -> None:
    detector, embedder, file, seconds, processes = sys.argv[1:]
    start, results = multiprocessing.Barrier(int(processes)), multiprocessing.Queue()
    arguments = (detector, embedder, file, float(seconds), start, results)
    running = [multiprocessing.Process(target=run, args=arguments) for _ in range(int(processes))]
    for one in running:
        one.start()
    times = np.concatenate([results.get() for _ in running])
    for one in running:
        one.join()
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    print(f"{len(times) / float(seconds):.2f} {p50:.2f} {p99:.2f}")


if __name__ == "__main__":
    main()

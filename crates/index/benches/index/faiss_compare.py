"""Times faiss on the rows and probes that the bench wrote, on one thread, and prints lines of the bench's report.

Called by the bench: faiss_compare.py FOLDER DIMENSION NEIGHBOURS CONNECTIONS EF_CONSTRUCTION EF,EF,...
"""

import os
import sys
import time

import faiss
import numpy as np


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    folder, dimension, neighbours, connections, ef_construction, efs = sys.argv[1:]
    dimension, neighbours = int(dimension), int(neighbours)
    read = lambda name, kind: np.fromfile(os.path.join(folder, name), dtype=kind)
    rows = read("rows.f32", np.float32).reshape(-1, dimension)
    probes = read("probes.f32", np.float32).reshape(-1, dimension)
    truth = read("truth.u32", np.uint32).reshape(len(probes), -1)
    faiss.omp_set_num_threads(1)

    def built(make):
        before, start = resident(), time.perf_counter()
        index = make()
        if not index.is_trained:
            index.train(rows[:: max(1, len(rows) // 100_000)])
        index.add(rows)
        return index, time.perf_counter() - start, max(0, resident() - before) // len(rows)

    def report(name, index, build, size):
        index.search(probes[:2], neighbours)
        found = np.empty((len(probes), neighbours), dtype=np.int64)
        times = []
        for number in range(len(probes)):  # one by one, as a server meets them
            start = time.perf_counter()
            found[number] = index.search(probes[number : number + 1], neighbours)[1][0]
            times.append(time.perf_counter() - start)
        spent = np.median(times)
        one = np.mean(found[:, 0] == truth[:, 0])
        ten = np.mean([len(set(f) & set(t)) / len(t) for f, t in zip(found.tolist(), truth.tolist())])
        print(f"| {name} | {build:.1f} | {size} | {spent * 1e3:.3f} | {one:.3f} | {ten:.3f} |", flush=True)

    inner = faiss.METRIC_INNER_PRODUCT
    report("faiss IndexFlatIP", *built(lambda: faiss.IndexFlatIP(dimension)))
    eight = faiss.ScalarQuantizer.QT_8bit
    report("faiss IndexScalarQuantizer 8-bit", *built(lambda: faiss.IndexScalarQuantizer(dimension, eight, inner)))

    def hnsw():
        index = faiss.IndexHNSWFlat(dimension, int(connections), inner)
        index.hnsw.efConstruction = int(ef_construction)
        return index

    if not efs:
        return
    index, build, size = built(hnsw)
    for ef in efs.split(","):
        index.hnsw.efSearch = int(ef)
        report(f"faiss IndexHNSWFlat M{connections} ef_c{ef_construction} ef {ef}", index, build, size)


main()

"""How near the networks come to what the machine can do: FLOPs counted, ceilings measured.

FLOPs are two per multiply-add of convolutions and matrix products, from the graph at the shape
that is run; bytes are weights and the outputs of those operations, each written and read once.
The ceiling of arithmetic is a product of matrices in the same runtime, that of memory a copy
(McCalpin's STREAM copy). The attainable rate is the lower of the two (Williams et al. 2009,
*Roofline*, doi:10.1145/1498765.1498785).
"""

from __future__ import annotations

import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

_SIDE, _COPY_BYTES = 1536, 256 << 20
_SKIN = {"trunk": (1, 3, 320, 256), "boxes": (64, 96, 7, 7), "masks": (12, 96, 36, 36)}
"""Inputs of the skin network's graphs for a face from the front with usual parts."""
_RUNS = 10


def measure(threads: int, shapes: list[tuple[int, ...]]) -> dict[str, Any]:
    """Return ceilings, and for each network its FLOPs, time, rate and share of what is attainable.

    Args:
        threads: of the networks and of the ceilings.
        shapes: inputs of the condition network, ``1 channels h w``.
    """
    seen = []
    ceilings = {"gemm_gflops": gemm_gflops(threads), "copy_gb_per_s": copy_gb_per_s()}
    for name, model in networks(shapes):
        seen.append((name, *count(model), best_time_s(model, threads)))
        # a machine that others use is not equally fast all the time: the best of all is its ceiling
        now = {"gemm_gflops": gemm_gflops(threads), "copy_gb_per_s": copy_gb_per_s()}
        ceilings = {what: max(best, now[what]) for what, best in ceilings.items()}
    rows = {}
    for name, flops, moved, best_s in seen:
        attainable = min(ceilings["gemm_gflops"], ceilings["copy_gb_per_s"] * flops / max(moved, 1))
        rows[name] = {
            "gflop": flops / 1e9,
            "best_s": best_s,
            "gflops": flops / best_s / 1e9,
            "share_of_roofline": flops / best_s / 1e9 / attainable,
        }
    return {"threads": threads, **ceilings, "networks": rows}


def gemm_gflops(threads: int) -> float:
    """Return the best rate of a product of fp32 matrices in the runtime that runs the networks."""
    from cutis.models.quiet_openvino import import_openvino  # noqa: PLC0415

    openvino = import_openvino()
    ops = openvino.opset13
    left = ops.parameter([_SIDE, _SIDE], np.float32)
    right = ops.constant(np.ones((_SIDE, _SIDE), np.float32))
    product = openvino.Model([ops.matmul(left, right, False, False)], [left])
    return float(2 * _SIDE**3 / best_time_s(product, threads) / 1e9)


def copy_gb_per_s() -> float:
    """Return the best rate at which one thread copies, reading and writing counted."""
    source = np.ones(_COPY_BYTES // 8)
    target = np.empty_like(source)
    return 2 * _COPY_BYTES / best_s(lambda: np.copyto(target, source)) / 1e9


def best_s(work: Any) -> float:
    """Return the shortest of some runs."""
    times = []
    for _ in range(_RUNS):
        started_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_s)
    return min(times[1:])


def networks(shapes: list[tuple[int, ...]]) -> Any:
    """Yield every shipped network by name, as an OpenVINO model with a fixed shape."""
    from cutis.models.builtin import builtin_models  # noqa: PLC0415
    from cutis.models.cache import locate, read_files  # noqa: PLC0415
    from cutis.models.quiet_openvino import import_openvino  # noqa: PLC0415

    core = import_openvino().Core()
    with zipfile.ZipFile(locate("face_landmarker")) as bundle, tempfile.TemporaryDirectory() as f:
        for name in bundle.namelist():
            if name.endswith(".tflite"):
                path = Path(f) / name
                path.write_bytes(bundle.read(name))
                model = core.read_model(path)
                shape = model.input(0).get_partial_shape()
                model.reshape([1 if side.is_dynamic else side.get_length() for side in shape])
                yield name.removesuffix(".tflite"), model
    files = read_files(builtin_models().get("skin"))
    for (name, shape), pair in zip(
        _SKIN.items(), zip(files[::2], files[1::2], strict=True), strict=True
    ):
        yield f"skin {name}", _model(core, pair, shape)
    pair = read_files(builtin_models().get("conditions"))
    for shape in shapes:
        yield f"conditions {shape[2]}×{shape[3]}", _model(core, pair, shape)


def _model(core: Any, files: tuple[bytes, ...], shape: tuple[int, ...]) -> Any:
    from cutis.models.quiet_openvino import import_openvino  # noqa: PLC0415

    graph, weights = files
    model = core.read_model(graph, import_openvino().Tensor(np.frombuffer(weights, np.uint8)))
    model.reshape(list(shape))
    return model


def count(model: Any) -> tuple[float, float]:
    """Return floating-point operations and bytes moved of one run."""
    flops = moved = 0.0
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind not in {"Convolution", "GroupConvolution", "MatMul"}:
            continue
        out = np.prod(list(node.output(0).shape))
        weight = list(node.input(1).get_shape())
        # outputs times what each sums over: input channels (of its group) and the kernel
        if kind == "MatMul":
            summed = node.input(0).get_shape()[-1]
        else:
            summed = np.prod(weight[2:] if kind == "GroupConvolution" else weight[1:])
        flops += 2 * float(out) * float(summed)
        moved += 4.0 * (2 * float(out) + float(np.prod(weight)))
    return flops, moved


def best_time_s(model: Any, threads: int) -> float:
    """Return the shortest time of a run with zeros, fp32."""
    from cutis.models.quiet_openvino import import_openvino  # noqa: PLC0415

    config = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = import_openvino().Core().compile_model(model, "CPU", config)
    given = np.zeros([int(n) for n in compiled.input(0).shape], np.float32)
    return best_s(lambda: compiled(given))

"""The tables of enhancement, from benchmarks/results/upscale*.json."""

from __future__ import annotations

from typing import Any

_PIXELS = (("psnr_y", "PSNR Y, dB"), ("ssim_y", "SSIM Y"), ("psnr_rgb", "PSNR RGB, dB"))
_MORE = (("niqe", "NIQE (own model)"),)
_FACE = (("found", "face found"), ("landmark_error", "landmark error, %"), ("skin_iou", "skin IoU"))
_LOOKS = (*_PIXELS, ("ssim_rgb", "SSIM RGB"), *_MORE)


def upscale_section(result: dict[str, Any]) -> str:
    """Return the section on enhancement; parts that were not run are left out."""
    text = "## Enhancement (`benchmarks/upscale.py`)\n\n"
    text += (
        "Pictures are reduced bicubically and enlarged again. The model of NIQE is fitted on clean "
        "photos: it compares rows, not papers. LPIPS is not measured: its weights were not at "
        "hand.\n\n"
    )
    parts = (("sets", _sets), ("faces", _faces), ("widths", _widths), ("audit", _audit))
    for name, write in parts:
        if name in result:
            text += write(result[name])
    return text + _time(result.get("time", {}))


def training_section(told: dict[str, Any]) -> str:
    """Return how the two generators were trained, with the curve of held-out windows."""
    text = "### How the generators were trained\n\n"
    text += _head(["stage", "steps", "minutes", "batch", "degradation", "weights, bytes"])
    for stage, run in told.items():
        cells = [stage, run["steps"], run["minutes"], run["batch"], run["degradation"]]
        text += _row([*cells, run["weights_bytes"]])
    text += "\nGain over bicubic on windows of held-out people, dB on luma:\n\n"
    text += _head(["stage", "minutes", "steps", "gain, dB"])
    for stage, run in told.items():
        for point in run["curve"]:
            minutes = f"{point['elapsed_s'] / 60:.1f}"
            text += _row([stage, minutes, f"{point['step']:.0f}", f"{point['gain_db']:.2f}"])
    return text + "\n"


def _sets(found: dict[str, Any]) -> str:
    text = ""
    for name in ("set5", "set14"):
        text += f"### {name.capitalize()} by 4\n\n4 pixels of border left out; "
        text += "*network* rows are the bare output, without the guard.\n\n"
        text += _table(found[name], _LOOKS)
        published = found["published"][name]
        rows = {f"{way}, published": values for way, values in published.items()}
        text += "\n" + found["published"]["source"] + ":\n\n" + _table(rows, _PIXELS[:2])
    return text


def _faces(found: dict[str, Any]) -> str:
    text = ""
    for by, rows in found.items():
        count = next(iter(rows.values()))["n"]
        text += f"### Held-out portraits, {by}\n\n{count} portraits of people whom no weight has "
        text += "seen; landmarks and skin against those of the full picture.\n\n"
        text += _table(rows, (*_LOOKS, *_FACE))
    return text


def _widths(found: dict[str, Any]) -> str:
    text = f"### Small faces\n\n{found['portraits']} portraits; *assessed* is what "
    text += "`cutis analyze` finds, which enlarges a small face by its policy.\n\n"
    text += _head(["face width", "way", "portraits", *(title for _, title in _FACE)])
    for width, rows in found.items():
        if width == "portraits":
            continue
        for way, values in rows.items():
            text += _row([width, way, values["n"], *(_cell(values, n) for n, _ in _FACE)])
    return text + "\n"


def _audit(found: dict[str, Any]) -> str:
    text = "### Scores that enhancement moves\n\nFull-resolution portraits, enlarged by 2 although "
    text += "the policy would leave them; share of scores moved beyond repeatability.\n\n"
    text += _head(["weights", "portraits", "before the guard", "after it"])
    for name, values in found.items():
        shares = [values["moved_beyond_repeatability"], values["after_guard"]]
        text += _row([name, values["portraits"], *(f"{100 * s:.1f} %" for s in shares)])
    return text + "\n"


def _time(found: dict[str, Any]) -> str:
    if not found:
        return ""
    side = next(iter(found.values()))["side_px"]
    text = f"### Time and memory\n\n{side:.0f} × {side:.0f} enlarged by 4 on two shared processor "
    text += "cores, fp32; peak memory of the whole process.\n\n"
    text += _head(["way", "seconds", "processor seconds", "peak, MiB"])
    names = {"cutis": "`cutis enhance`, tiled, guard included", "eager": "torch, eager, in one run"}
    for way, values in found.items():
        name = names.get(way, f"`cutis enhance`, {way} px")
        spent = (f"{values[key]:.1f}" for key in ("elapsed_s", "processor_s"))
        text += _row([name, *spent, f"{values['peak_mib']:.0f}"])
    return text + "\n"


def _table(rows: dict[str, Any], columns: tuple[tuple[str, str], ...]) -> str:
    shown = [(n, title) for n, title in columns if any(n in values for values in rows.values())]
    text = _head(["way", *(title for _, title in shown)])
    for way, values in rows.items():
        text += _row([way, *(_cell(values, n) for n, _ in shown)])
    return text + "\n"


def _cell(values: dict[str, Any], name: str) -> str:
    if name not in values:
        return "–"
    digits = 4 if name.startswith(("ssim", "skin")) else 2
    return f"{values[name]:.{digits}f}"


def _row(cells: list[Any]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def _head(cells: list[str]) -> str:
    return _row(cells) + "|" + "---|" * len(cells) + "\n"

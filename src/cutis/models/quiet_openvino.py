"""OpenVINO without its telemetry.

``import openvino`` reports itself to Google Analytics through the package ``openvino_telemetry``,
without asking: it looks up a host, sends an event and leaves an identifier in the home folder.
OpenVINO does without that package where it cannot be imported, and that is made so here.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

_TELEMETRY = "openvino_telemetry"
_lock = threading.Lock()


def import_openvino() -> Any:
    """Import OpenVINO so that it reports nothing; every use of it in Cutis starts here.

    If a program imported OpenVINO before Cutis did, it is taken as it is.

    Raises:
        ImportError: OpenVINO is not installed or broken.
    """
    with _lock:
        if "openvino" not in sys.modules and _TELEMETRY not in sys.modules:
            sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # Python: cannot be imported
        try:
            import openvino  # noqa: PLC0415 - the one place
        finally:
            if sys.modules.get(_TELEMETRY, True) is None:
                del sys.modules[_TELEMETRY]
    return openvino

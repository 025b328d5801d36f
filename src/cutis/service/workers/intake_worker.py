"""The worker that only takes photos in: no models, so it starts at once and stays small."""

from __future__ import annotations

from cutis.service.workers.worker import serve
from cutis.settings import load_settings

if __name__ == "__main__":
    serve(None, load_settings().intake)

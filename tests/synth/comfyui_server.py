"""A stand-in for a ComfyUI server, on loopback: the real protocol, a simple way to paint.

One port serves HTTP and the WebSocket, as the real server's does. A queued graph is checked as
the real one is (classes, wanted inputs, links, choices, uploaded files); its nodes are run in
order, with the messages that go with each. `KSampler` paints: the area is filled from its rim
(Telea's inpainting) and tinted by the seed, so pixels change inside the mask and nowhere else.
What goes wrong is told beforehand by `Behaviour`.
"""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import hashlib
import json
import socket
import struct
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_TINTS = np.array([[40, -30, -30], [25, -10, -25], [-30, -35, -40]], np.int16)


@dataclass
class Behaviour:
    """What goes wrong, and how often; counts go down as it happens."""

    drop_sockets: int = 0  # the WebSocket breaks while a job runs
    restarts: int = 0  # the queue and the history are lost while a job runs
    failing_nodes: int = 0
    out_of_memory: int = 0
    refused_uploads: int = 0  # answered with 503
    mute: bool = False  # no messages at all; only the history tells
    step_s: float = 0.0
    size_px: int | None = None  # of the result; None keeps that of the input
    missing_nodes: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ("dreamy.safetensors", "sd-v1-5-inpainting.ckpt")
    new_style_choices: bool = False  # ["COMBO", {"options": […]}], as newer servers write
    redirect_to: str = ""


@dataclass
class State:
    """What the server holds."""

    uploads: dict[str, bytes] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)
    pending: list[list[Any]] = field(default_factory=list)
    running: list[list[Any]] = field(default_factory=list)
    history: dict[str, Any] = field(default_factory=dict)
    sockets: dict[str, socket.socket] = field(default_factory=dict)
    queued: list[dict[str, Any]] = field(default_factory=list)  # every graph that came
    cancelled: list[str] = field(default_factory=list)
    freed: int = 0
    connections: int = 0


class _Interrupted(Exception):  # noqa: N818 - no error, a request
    pass


class StandIn:
    """The server; `address` is where it listens while the block of `serve` lasts."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.state = State()
        self.lock = threading.RLock()
        self.wake = threading.Condition(self.lock)
        self.interrupt = threading.Event()
        self.stopped = False
        self.address = ""

    # queue

    def queue(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        graph = content.get("prompt")
        if graph is None:
            return 400, {"error": "no prompt", "node_errors": []}
        errors = self.errors_of(graph)
        if errors:
            general = {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed",
            }
            return 400, {"error": general, "node_errors": errors}
        prompt_id = str(uuid.uuid4())
        with self.wake:
            number = len(self.state.queued)
            self.state.queued.append(graph)
            extra = {"client_id": content["client_id"]}
            self.state.pending.append([number, prompt_id, graph, extra, []])
            self.wake.notify()
        return 200, {"prompt_id": prompt_id, "number": number, "node_errors": {}}

    def errors_of(self, graph: dict[str, Any]) -> dict[str, Any]:
        known = self.object_info()
        found: dict[str, Any] = {}
        for key, node in graph.items():
            kind = node["class_type"]
            reasons = ["unknown class"] if kind not in known else self.reasons(node, known, graph)
            if reasons:
                errors = [{"type": "x", "message": r, "details": kind} for r in reasons]
                found[key] = {"errors": errors, "class_type": kind, "dependent_outputs": []}
        return found

    def reasons(
        self, node: dict[str, Any], known: dict[str, Any], graph: dict[str, Any]
    ) -> list[str]:
        spec = known[node["class_type"]]["input"]
        inputs = node["inputs"]
        reasons = [f"Required input is missing: {n}" for n in spec["required"] if n not in inputs]
        for name, value in inputs.items():
            accepted = (spec["required"] | spec.get("optional", {})).get(name)
            if isinstance(value, list):
                source = graph.get(value[0])
                outputs = known[source["class_type"]]["output"] if source else []
                wanted = accepted[0] if accepted else None
                if value[1] >= len(outputs) or outputs[value[1]] != wanted:
                    reasons.append(f"Return type mismatch: {name}")
            elif accepted and len(accepted) > 1 and accepted[1].get("image_upload"):
                if value not in self.state.uploads:
                    reasons.append(f"Invalid image file: {value}")
            elif accepted and isinstance(accepted[0], list) and value not in accepted[0]:
                reasons.append(f"Value not in list: {name}")
            elif accepted and accepted[0] in ("INT", "FLOAT") and isinstance(value, str):
                reasons.append(f"Failed to convert: {name}")
        return reasons

    def object_info(self) -> dict[str, Any]:
        info = {}
        for name, (required, optional, outputs) in _nodes(self.behaviour.checkpoints).items():
            if name in self.behaviour.missing_nodes:
                continue
            spec = {"required": required} | ({"optional": optional} if optional else {})
            info[name] = {"input": spec, "output": outputs, "name": name}
        return info

    def told_info(self) -> dict[str, Any]:
        """Return what `/object_info` answers."""
        info = self.object_info()
        for node in info.values() if self.behaviour.new_style_choices else ():
            for inputs in node["input"].values():
                for name, (kind, *rest) in inputs.items():
                    if isinstance(kind, list):
                        options = {"options": kind} | (rest[0] if rest else {})
                        inputs[name] = ["COMBO", options]
        return info

    # work

    def work(self) -> None:
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.state.pending or self.stopped)
                if self.stopped:
                    return
                job = self.state.pending.pop(0)
                self.state.running.append(job)
            self.interrupt.clear()
            try:
                self.execute(job)
            finally:
                with self.lock:
                    self.state.running.clear()
            self.send(job[3]["client_id"], "executing", {"node": None, "prompt_id": job[1]})

    def execute(self, job: list[Any]) -> None:
        _, prompt_id, graph, extra, _ = job
        client, messages = extra["client_id"], []

        def tell(kind: str, **data: Any) -> None:
            data["prompt_id"] = prompt_id
            messages.append([kind, data])
            self.send(client, kind, data)

        self.send(client, "status", {"status": {"exec_info": {"queue_remaining": 1}}})
        tell("execution_start")
        tell("execution_cached", nodes=[])
        outputs: dict[str, Any] = {}
        status = {"status_str": "success", "completed": True, "messages": messages}
        node = ""
        try:
            for node in _in_order(graph):
                self.send(client, "executing", {"node": node, "prompt_id": prompt_id})
                self.run_node(node, graph, client=client, prompt_id=prompt_id, outputs=outputs)
            tell("execution_success")
        except _Interrupted:
            tell("execution_interrupted", node_id=node, node_type=graph[node]["class_type"])
            status |= {"status_str": "error", "completed": False}
        except (RuntimeError, MemoryError) as error:
            kind = "torch.OutOfMemoryError" if isinstance(error, MemoryError) else "RuntimeError"
            said = {"exception_type": kind, "exception_message": f"{error}\nmore lines"}
            about = {"node_id": node, "node_type": graph[node]["class_type"], "traceback": []}
            tell("execution_error", **said, **about)
            status |= {"status_str": "error", "completed": False}
        with self.lock:
            if self.behaviour.restarts > 0:
                self.behaviour.restarts -= 1
                self.state.history.clear()
                self.break_sockets()
                return
            self.state.history[prompt_id] = {"prompt": job, "outputs": outputs, "status": status}

    def run_node(
        self,
        node: str,
        graph: dict[str, Any],
        *,
        client: str,
        prompt_id: str,
        outputs: dict[str, Any],
    ) -> None:
        kind = graph[node]["class_type"]
        if kind == "KSampler":
            self.sample(node, client, prompt_id)
        if kind == "SaveImage":
            name = f"{graph[node]['inputs']['filename_prefix']}_00001_.png"
            folder, _, file = name.rpartition("/")
            self.state.outputs[name] = self.painted(graph)
            picture = {"filename": file, "subfolder": folder, "type": "output"}
            outputs[node] = {"images": [picture]}
            data = {"node": node, "output": outputs[node], "prompt_id": prompt_id}
            self.send(client, "executed", data)

    def sample(self, node: str, client: str, prompt_id: str) -> None:
        for step in (1, 2, 3):
            time.sleep(self.behaviour.step_s)
            if self.interrupt.is_set():
                raise _Interrupted
            progress = {"value": step, "max": 3, "node": node, "prompt_id": prompt_id}
            self.send(client, "progress", progress)
            self.send_frame(
                client, _BINARY, struct.pack(">II", 1, 1) + b"\xff\xd8a preview\xff\xd9"
            )
        if self.behaviour.drop_sockets > 0:
            self.behaviour.drop_sockets -= 1
            self.break_sockets()
        if self.behaviour.out_of_memory > 0:
            self.behaviour.out_of_memory -= 1
            raise MemoryError("Allocation on device 0 would exceed allowed memory.")
        if self.behaviour.failing_nodes > 0:
            self.behaviour.failing_nodes -= 1
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    def painted(self, graph: dict[str, Any]) -> bytes:
        """Fill the area of the graph's picture from its rim, tint it, roughen it, by the seed."""
        values = {key: node["inputs"] for key, node in graph.items()}
        clean = _decoded(self.state.uploads[values["clean"]["image"]])
        area = _decoded(self.state.uploads[values["area"]["image"]])[..., 2]  # red, of BGR
        seed = values["sampler"]["seed"]
        small = cv2.resize(clean, (128, 128), interpolation=cv2.INTER_AREA)
        hole = cv2.resize(area, (128, 128), interpolation=cv2.INTER_NEAREST)
        filled = cv2.resize(cv2.inpaint(small, hole, 3, cv2.INPAINT_TELEA), clean.shape[1::-1])
        rough = np.random.default_rng(seed).integers(-12, 13, clean.shape)
        tinted = np.clip(filled + _TINTS[seed % len(_TINTS)][::-1] + rough, 0, 255)
        result = np.where(area[..., None] > 127, tinted, clean).astype(np.uint8)
        if self.behaviour.size_px:
            result = cv2.resize(result, (self.behaviour.size_px,) * 2)
        return cv2.imencode(".png", result)[1].tobytes()

    # messages

    def send(self, client: str, kind: str, data: dict[str, Any]) -> None:
        self.send_frame(client, _TEXT, json.dumps({"type": kind, "data": data}).encode())

    def send_frame(self, client: str, opcode: int, payload: bytes) -> None:
        with self.lock:
            sock = self.state.sockets.get(client)
            if sock is not None and not self.behaviour.mute:
                with contextlib.suppress(OSError):
                    sock.sendall(_frame(opcode, payload))

    def break_sockets(self) -> None:
        """Cut every WebSocket without the closing handshake."""
        with self.lock:
            for sock in self.state.sockets.values():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            self.state.sockets.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        server, state = self.stand_in, self.stand_in.state
        if server.behaviour.redirect_to:
            self.answer(302, b"", headers={"Location": server.behaviour.redirect_to})
        elif parts.path == "/ws":
            self.serve_socket(query["clientId"])
        elif parts.path == "/system_stats":
            self.answer_json(200, {"system": {"comfyui_version": "0.3.0-stand-in"}, "devices": []})
        elif parts.path == "/object_info":
            self.answer_json(200, server.told_info())
        elif parts.path == "/queue":
            with server.lock:
                queue = {"queue_running": state.running, "queue_pending": state.pending}
                self.answer_json(200, queue)
        elif parts.path.startswith("/history/"):
            prompt_id = parts.path.removeprefix("/history/")
            with server.lock:
                entry = state.history.get(prompt_id)
            self.answer_json(200, {} if entry is None else {prompt_id: entry})
        elif parts.path == "/view":
            picture = state.outputs.get(f"{query['subfolder']}/{query['filename']}".lstrip("/"))
            self.answer(200 if picture else 404, picture or b"")
        else:
            self.answer(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server, state = self.stand_in, self.stand_in.state
        if self.path == "/upload/image":
            self.take_upload(body)
        elif self.path == "/prompt":
            self.answer_json(*server.queue(json.loads(body)))
        elif self.path == "/queue":
            with server.lock:
                gone = json.loads(body).get("delete", [])
                state.cancelled += [job[1] for job in state.pending if job[1] in gone]
                state.pending[:] = [job for job in state.pending if job[1] not in gone]
            self.answer(200, b"")
        elif self.path == "/interrupt":
            state.cancelled += [job[1] for job in state.running]
            server.interrupt.set()
            self.answer(200, b"")
        elif self.path == "/free":
            state.freed += 1
            self.answer(200, b"")
        else:
            self.answer(404, b"")

    def take_upload(self, body: bytes) -> None:
        if self.stand_in.behaviour.refused_uploads > 0:
            self.stand_in.behaviour.refused_uploads -= 1
            self.answer(503, b"busy")
            return
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        fields = {p.get_param("name", header="content-disposition"): p for p in form.iter_parts()}
        name = fields["image"].get_filename()
        folder = fields["subfolder"].get_payload(decode=True).decode().strip()
        picture = fields["image"].get_payload(decode=True)
        self.stand_in.state.uploads[f"{folder}/{name}".lstrip("/")] = picture
        self.answer_json(200, {"name": name, "subfolder": folder, "type": "input"})

    def serve_socket(self, client: str) -> None:
        key = self.headers["Sec-WebSocket-Key"] + _GUID
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()  # noqa: S324
        server = self.stand_in
        with server.lock:  # whoever is let in misses nothing that is said from now on
            self.send_response(101)
            for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
                self.send_header(name, value)
            self.send_header("Sec-WebSocket-Accept", accept)
            self.end_headers()
            server.state.sockets[client] = self.connection
            server.state.connections += 1
        status = {"status": {"exec_info": {"queue_remaining": 0}}, "sid": client}
        server.send(client, "status", status)
        self.close_connection = True
        with contextlib.suppress(OSError, EOFError):
            self.read_frames()
        with server.lock:
            if server.state.sockets.get(client) is self.connection:
                del server.state.sockets[client]

    def read_frames(self) -> None:
        """Read what the client sends until it closes; pings are answered."""
        while True:
            opcode, payload = self.read_frame()
            if opcode in {_CLOSE, _PING}:
                answer = _frame(_CLOSE if opcode == _CLOSE else _PONG, payload)
                with self.stand_in.lock:
                    self.connection.sendall(answer)
            if opcode == _CLOSE:
                return

    def read_frame(self) -> tuple[int, bytes]:
        first, second = self.read_exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.read_exactly(2))
        key = self.read_exactly(4)  # a client must mask: RFC 6455, section 5.3
        payload = self.read_exactly(length)
        return first & 0x0F, bytes(b ^ key[i % 4] for i, b in enumerate(payload))

    def read_exactly(self, count: int) -> bytes:
        data = self.rfile.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def answer_json(self, status: int, content: Any) -> None:
        self.answer(status, json.dumps(content).encode())

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serve(behaviour: Behaviour | None = None) -> Iterator[StandIn]:
    """Run a stand-in on a free port of this machine."""
    stand_in = StandIn(behaviour or Behaviour())
    handler = type("Handler", (_Handler,), {"stand_in": stand_in})
    http_server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http_server.daemon_threads = True
    stand_in.address = f"http://127.0.0.1:{http_server.server_address[1]}"
    threads = [
        threading.Thread(target=http_server.serve_forever, args=(0.02,), daemon=True),
        threading.Thread(target=stand_in.work, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield stand_in
    finally:
        stand_in.interrupt.set()
        with stand_in.wake:
            stand_in.stopped = True
            stand_in.wake.notify_all()
        stand_in.break_sockets()
        http_server.shutdown()
        http_server.server_close()
        for thread in threads:
            thread.join(timeout=5)


def _frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes([0x80 | opcode, length]) + payload
    if length < 1 << 16:
        return bytes([0x80 | opcode, 126]) + struct.pack(">H", length) + payload
    return bytes([0x80 | opcode, 127]) + struct.pack(">Q", length) + payload


def _decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def _in_order(graph: dict[str, Any]) -> list[str]:
    """Return the nodes so that each comes after those it takes from."""
    order: list[str] = []

    def visit(key: str) -> None:
        for value in graph[key]["inputs"].values():
            if isinstance(value, list):
                visit(value[0])
        if key not in order:
            order.append(key)

    for key in graph:
        visit(key)
    return order


def _nodes(
    checkpoints: tuple[str, ...],
) -> dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]]:
    """Return inputs that are required and optional, and outputs, of the nodes that are known."""
    unit = {"default": 1.0, "min": 0.0, "max": 1.0}
    upload = [["example.png"], {"image_upload": True}]
    ip_adapter = {
        "model": ["MODEL"],
        "ipadapter": ["IPADAPTER"],
        "image": ["IMAGE"],
        "weight": ["FLOAT", unit],
        "weight_type": [["linear", "ease in", "style transfer"]],
        "combine_embeds": [["concat", "add", "average"]],
        "start_at": ["FLOAT", unit],
        "end_at": ["FLOAT", unit],
        "embeds_scaling": [["V only", "K+V"]],
    }
    guides = {"image_negative": ["IMAGE"], "attn_mask": ["MASK"], "clip_vision": ["CLIP_VISION"]}
    conditioned = {
        "positive": ["CONDITIONING"],
        "negative": ["CONDITIONING"],
        "vae": ["VAE"],
        "pixels": ["IMAGE"],
        "mask": ["MASK"],
        "noise_mask": ["BOOLEAN", {"default": True}],
    }
    sampler = {
        "model": ["MODEL"],
        "seed": ["INT", {"min": 0, "max": 2**64 - 1}],
        "steps": ["INT", {"min": 1}],
        "cfg": ["FLOAT", {"min": 0.0}],
        "sampler_name": [["euler", "dpmpp_2m"]],
        "scheduler": [["normal", "karras"]],
        "positive": ["CONDITIONING"],
        "negative": ["CONDITIONING"],
        "latent_image": ["LATENT"],
        "denoise": ["FLOAT", unit],
    }
    prefix = ["STRING", {"default": "ComfyUI"}]
    adapters = [["ip-adapter-plus_sd15.safetensors"]]
    encoders = [["CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"]]
    return {
        "CheckpointLoaderSimple": (
            {"ckpt_name": [list(checkpoints)]},
            {},
            ["MODEL", "CLIP", "VAE"],
        ),
        "LoadImage": ({"image": upload}, {}, ["IMAGE", "MASK"]),
        "LoadImageMask": ({"image": upload, "channel": [["alpha", "red"]]}, {}, ["MASK"]),
        "CLIPTextEncode": ({"text": ["STRING", {}], "clip": ["CLIP"]}, {}, ["CONDITIONING"]),
        "InpaintModelConditioning": (conditioned, {}, ["CONDITIONING", "CONDITIONING", "LATENT"]),
        "IPAdapterModelLoader": ({"ipadapter_file": adapters}, {}, ["IPADAPTER"]),
        "CLIPVisionLoader": ({"clip_name": encoders}, {}, ["CLIP_VISION"]),
        "IPAdapterAdvanced": (ip_adapter, guides, ["MODEL"]),
        "KSampler": (sampler, {}, ["LATENT"]),
        "VAEDecode": ({"samples": ["LATENT"], "vae": ["VAE"]}, {}, ["IMAGE"]),
        "SaveImage": ({"images": ["IMAGE"], "filename_prefix": prefix}, {}, []),
    }

"""Inpainting by a ComfyUI server: defects inside a drawn area, which is the label.

1. `prompts`: what to ask for, per condition and severity, as data.
2. `jobs`: which face, area, condition, severity and reference; drawn from a seed.
3. `workflow`: the graph of nodes with the job's values in it, and what the server must have.
4. `connection`, `events`: HTTP and WebSocket; the only module here that opens connections.
5. `run`: one graph to one picture, through lost connections and failed nodes.
6. `composite`: the picture kept inside the area only.
7. `records`, `journal`, `make`: a set on disk as the renderer makes it, resumed where it stopped.
"""

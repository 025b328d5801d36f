"""Things that hide facial skin, drawn over a face with exact masks: hair, glasses, hands, hats.

Each module draws one kind into a `canvas.Canvas`; `draw.occlude` chooses. Parameters are drawn from
a generator that is given, so the same seed draws the same picture.
"""

"""Makes the emulator's clips: real H.264 + AAC files, drawn with Pillow and encoded with PyAV.

Nothing in here knows HTTP. The one entry point is ``render.render_clip(spec, directory)``, which runs
in a worker process, takes a plain dictionary and leaves three files behind.
"""

"""Knows how an answer, its evidence and a conversation look as HTML, and how one turn runs beside the window.

Leaves the widgets and their events to `app`: nothing here imports gradio.
"""

"""The browser page, in parts: pure rendering, looks, handlers, wiring; imports nothing until asked to serve."""

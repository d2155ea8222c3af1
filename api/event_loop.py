"""The event loop of every process: uvloop where there is one, which takes a good part off what surrounds a request."""

import sys

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

__all__ = ["new_event_loop"]

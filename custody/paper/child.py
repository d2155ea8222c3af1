"""A process that does one job and ends: a job on its standard input, the outcome on its standard output."""

import asyncio
import sys


async def in_child(module: str, job: bytes) -> bytes | None:
    """Run a module of ours as a program, while this process goes on with other things.

    What a child complains of may name the text it could not handle, so nobody hears it; and whoever handles names and
    pages needs nothing of what the environment holds.

    Args:
        module: its dotted name.
        job: what it reads.

    Returns:
        What it wrote; None if it failed. It is killed when the caller is cancelled.
    """
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", module, stdin=pipe, stdout=pipe, stderr=nothing, env={}
    )
    try:
        outcome, _ = await process.communicate(job)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return None if process.returncode else outcome

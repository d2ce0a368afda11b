"""The same questions for procrastinate (PyPI), a job queue of Python on Postgres.

Usage: procrastinate_queue.py CONNINFO JOBS ROUNDS, where CONNINFO is an empty database's. JOBS empty
tasks are deferred and then run by one worker with eight at a time; after that ROUNDS tasks are
deferred one by one to an idle worker that listens. Prints one JSON line:
{"version", "jobs_per_second", "start_ms": [milliseconds from the deferring to the task's start]}.
"""

import asyncio
import importlib.metadata
import json
import random
import sys
import time

import procrastinate

conninfo, jobs, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))
started = {}


@app.task(name="nothing")
async def nothing(number):
    started[number] = time.monotonic()


async def throughput():
    await nothing.batch_defer_async(*({"number": -1} for _ in range(jobs)))
    begin = time.monotonic()
    await app.run_worker_async(concurrency=8, wait=False, install_signal_handlers=False)
    return jobs / (time.monotonic() - begin)


async def latencies():
    worker = asyncio.create_task(app.run_worker_async(install_signal_handlers=False))
    await asyncio.sleep(1)
    times = []
    for number in range(rounds):
        begin = time.monotonic()
        await nothing.defer_async(number=number)
        while number not in started:
            await asyncio.sleep(0.0005)
        times.append(1000 * (started[number] - begin))
        await asyncio.sleep(random.uniform(0.05, 0.25))
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    return times


async def main():
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        answer = {
            "version": importlib.metadata.version("procrastinate"),
            "jobs_per_second": await throughput(),
            "start_ms": await latencies(),
        }
    print(json.dumps(answer))


asyncio.run(main())

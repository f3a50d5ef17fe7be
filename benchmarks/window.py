"""Measures the window: how soon it is served beside `import gradio` alone, and how long 20 people at once wait.

    python benchmarks/window.py [--data-dir FOLDER] [--people 20] [--runs 3]

The folder holds an index already (one of the sample papers is made where there is none). Without a language model.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

QUESTIONS = (
    "Which vision encoder is PaliGemma based on?",
    "How do SigLIP and SigLIP 2 differ?",
    "How does TAPVid-3D measure performance?",
    "Are convolutions necessary for image classification?",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data-dir", type=Path)
    options.add_argument("--people", type=int, default=20)
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        surroundings = os.environ | {"QA_BOT_DATA_DIR": str(chosen.data_dir or folder), "GRADIO_ANALYTICS_ENABLED": "False"}
        subprocess.run([sys.executable, "-m", "qa_bot", "papers"], env=surroundings, check=True, stdout=subprocess.DEVNULL)
        ratios = []
        for _ in range(chosen.runs):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import gradio"], env=surroundings, check=True)
            alone = time.perf_counter() - began
            server, _, served = start(surroundings)
            stop(server)
            ratios.append(served / alone)
            print(f"import gradio {alone:.2f} s, page served after {served:.2f} s: ratio {served / alone:.2f}")
        print(f"median ratio {statistics.median(ratios):.2f}")
        server, address, _ = start(surroundings)
        try:
            for _ in range(chosen.runs):
                crowd(address, chosen.people)
        finally:
            stop(server)


def start(surroundings: dict[str, str]) -> tuple[subprocess.Popen, str, float]:
    """Run `qa-bot chat` and return it, its address, and the seconds until its page was served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, began = f"http://127.0.0.1:{port}", time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "chat", "--no-browser", "--port", str(port)], env=surroundings, stderr=subprocess.DEVNULL
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            opener.open(address, timeout=10).read()
            return server, address, time.perf_counter() - began
        except OSError:
            time.sleep(0.01)


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    server.wait()


def crowd(address: str, people: int) -> None:
    """Let many ask at the same moment and print how long the first words took."""
    from gradio_client import Client

    clients = [Client(address, verbose=False) for _ in range(people)]
    clients[0].predict(QUESTIONS[0], api_name="/ask")  # the papers are open
    at_once, waits = threading.Barrier(people), [0.0] * people

    def visit(number: int) -> None:
        at_once.wait()
        began = time.perf_counter()
        for update in clients[number].submit(QUESTIONS[number % len(QUESTIONS)], api_name="/ask"):
            if "qa-text" in str(update[1][-1]["content"]):
                waits[number] = time.perf_counter() - began
                break

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{people} people at once: first words after {statistics.median(waits):.2f} s (median), {max(waits):.2f} s (longest)")


if __name__ == "__main__":
    main()

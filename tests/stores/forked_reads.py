"""``python forked_reads.py WAY LOCATION``: read an image in this process and, at the same time, in children of it.

WAY is ``fork`` (bare forks, while threads of the parent read), ``pool`` (multiprocessing's fork) or ``spawn``. Prints the
SHA-256 of the pixels that each process read.
"""

import hashlib
import json
import multiprocessing
import os
import sys
import threading
import warnings

import ziggurat

CHILDREN = 4


def digest(image):
    """What was read, as a word."""
    return hashlib.sha256(image.read().tobytes()).hexdigest()


def open_and_read(place):
    """For children that share nothing."""
    return digest(ziggurat.open(*place))


def read_shared(_):
    """For children that found an open image in their memory."""
    return digest(shared)


def fork(image):
    """Fork while threads read; each child reads the parent's image, and one that it opens itself."""
    stop = threading.Event()

    def read_on():
        while not stop.is_set():
            digest(image)
            image.shards._cache.clear()  # so that there is always something to fetch
            image.shards._cached_nbytes = 0

    threads = [threading.Thread(target=read_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = []
    for _ in range(CHILDREN):
        receiving, sending = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(sending, f"{digest(image)} {open_and_read(place)}\n".encode())
            os._exit(0)
        os.close(sending)
        children.append((child, receiving))
    for child, receiving in children:
        with os.fdopen(receiving) as pipe:
            print(pipe.read(), end="")
        os.waitpid(child, 0)
    stop.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    # Python from 3.12 on warns of every fork of a process with threads.
    warnings.simplefilter("ignore", DeprecationWarning)
    way, place = sys.argv[1], json.loads(sys.argv[2])
    shared = ziggurat.open(*place)
    print(digest(shared), flush=True)
    if way == "fork":
        fork(shared)
    else:
        with multiprocessing.get_context("fork" if way == "pool" else "spawn").Pool(2) as pool:
            work = pool.map_async(read_shared if way == "pool" else open_and_read, [place] * CHILDREN, chunksize=1)
            print("\n".join(work.get(120)))
    print(digest(shared), flush=True)

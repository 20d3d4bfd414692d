#!/usr/bin/env python3
"""A line between two network namespaces, for kernels without netem.

    line.py NAME_A NAME_B DELAY_MS LOSS RATE_BITS REORDER QUEUE_BYTES SEED

It makes two TUN devices, says "ready", and passes packets from each to the
other: RATE_BITS a second (0: any), behind a queue of QUEUE_BYTES, DELAY_MS
later; a share LOSS of them is lost, a share REORDER comes without the delay.
"down" and "up" on standard input cut the line and mend it.
"""
import fcntl
import heapq
import os
import random
import selectors
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return fd


def main(name_a, name_b, delay_ms, loss, rate, reorder, queue, seed):
    delay, loss, rate = float(delay_ms) / 1000, float(loss), float(rate)
    reorder, queue = float(reorder), int(queue)
    chance = random.Random(int(seed))
    a, b = open_tun(name_a), open_tun(name_b)
    other = {a: b, b: a}
    free = {a: 0.0, b: 0.0}  # when the line from there is free
    due, count, up = [], 0, True
    selector = selectors.DefaultSelector()
    for fd in (a, b, 0):
        selector.register(fd, selectors.EVENT_READ)
    os.write(1, b"ready\n")  # in one write, whatever the environment says
    while True:
        now = time.monotonic()
        while due and due[0][0] <= now:
            _, _, to, packet = heapq.heappop(due)
            try:
                if up:
                    os.write(to, packet)
            except OSError:
                pass  # the device is not up yet, or its queue is full
        wait = max(0, due[0][0] - now) if due else None
        for key, _ in selector.select(wait):
            if key.fd == 0:
                word = os.read(0, 100)
                if not word:
                    return
                up = b"up" in word
                continue
            for _ in range(64):
                try:
                    packet = os.read(key.fd, 65536)
                except OSError:
                    break
                now = time.monotonic()
                if not up or chance.random() < loss:
                    continue
                start = max(now, free[key.fd])
                if rate:
                    if (start - now) * rate / 8 > queue:
                        continue
                    free[key.fd] = start = start + len(packet) * 8 / rate
                early = reorder and chance.random() < reorder
                count += 1
                when = start + (0 if early else delay)
                heapq.heappush(due, (when, count, other[key.fd], packet))


main(*sys.argv[1:])

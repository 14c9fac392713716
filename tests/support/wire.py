"""
wire.py: a network of two machines, a server's and a worker's, whose wire is in the test's hands.

    with Wire() as wire:
        with wire.at_server():      # what is started in here runs on that machine
            ...
        wire.cut()                  # from now on nothing arrives, and nobody is told
        wire.mend()

Each machine is a network namespace with one network device (TUN). A thread carries the packets
from the one device to the other: all, none, those of one direction, late, or not every one. So no
part of the kernel is needed that shapes traffic, and the machine's own network is not touched.
"""
import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

from harness import Skip

SERVER, WORKER = '10.77.0.1', '10.77.0.2'
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
LARGEST_PACKET = 65536

LIBC = ctypes.CDLL(None, use_errno=True)


def check(what, result):
    if result:
        raise OSError(ctypes.get_errno(), what)


def present_namespace():
    return os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)


@contextlib.contextmanager
def inside(namespace):
    """This thread, and what it starts, is in that namespace."""
    home = present_namespace()
    check('setns', LIBC.setns(namespace, CLONE_NEWNET))
    try:
        yield
    finally:
        check('setns', LIBC.setns(home, CLONE_NEWNET))
        os.close(home)


def asks_for_a_connection(packet):
    """A packet of IPv4 with TCP's SYN, and no ACK."""
    head = (packet[0] & 15) * 4
    return packet[0] >> 4 == 4 and packet[9] == 6 and packet[head + 13] & 0x12 == 0x02


class Machine:
    """A namespace with the wire's device in it."""

    def __init__(self, address):
        home = present_namespace()
        check('unshare', LIBC.unshare(CLONE_NEWNET))
        try:
            self.namespace = present_namespace()
            self.device = os.open('/dev/net/tun', os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
            fcntl.ioctl(self.device, TUNSETIFF,
                        struct.pack('16sH22x', b'wire', IFF_TUN | IFF_NO_PI))
            for words in ('link set lo up', f'addr add {address}/24 dev wire', 'link set wire up'):
                subprocess.run(['ip', *words.split()], check=True)
        finally:
            check('setns', LIBC.setns(home, CLONE_NEWNET))
            os.close(home)

    def close(self):
        os.close(self.device)
        os.close(self.namespace)


class Wire:
    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.passes = {SERVER: True, WORKER: True}  # what goes there arrives
        self.delay = 0  # seconds that a packet takes, one way
        self.loss = 0   # share of the packets that are lost
        self.trap = None
        self.calls = 0  # connections that the worker has asked for, heard or not
        self.late = []  # (when, order, to whom, packet)
        self.order = 0
        self.is_over = threading.Event()
        try:
            self.machines = {SERVER: Machine(SERVER)}
            self.machines[WORKER] = Machine(WORKER)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Skip(f'network namespaces with a device each are not to be had here: {error}; '
                       f'root, /dev/net/tun and iproute2 are needed') from error
        self.carrier = threading.Thread(target=self.carry, daemon=True)

    def at_server(self):
        return inside(self.machines[SERVER].namespace)

    def at_worker(self):
        return inside(self.machines[WORKER].namespace)

    def cut(self, *towards):
        """What goes there (nothing given: either way) is lost from now on."""
        for where in towards or (SERVER, WORKER):
            self.passes[where] = False

    def mend(self):
        self.trap = None
        for where in self.passes:
            self.passes[where] = True

    def cut_behind(self, needle, *towards):
        """Cuts as soon as a packet with these bytes has gone to the server, which gets it."""
        self.trap = (needle, towards)

    def is_cut(self):
        return not all(self.passes.values())

    def deliver(self, to, packet):
        with contextlib.suppress(OSError):  # a full queue loses it, like any network
            os.write(self.machines[to].device, packet)

    def take(self, to, packet):
        trap = self.trap
        self.calls += to == SERVER and asks_for_a_connection(packet)
        if not self.passes[to] or self.random.random() < self.loss:
            return
        if self.delay:
            self.order += 1
            heapq.heappush(self.late, (time.monotonic() + self.delay, self.order, to, packet))
        else:
            self.deliver(to, packet)
        if trap and to == SERVER and trap[0] in packet:
            self.trap = None
            self.cut(*trap[1])

    def carry_late(self):
        """Delivers what has been on its way for long enough; seconds until the next."""
        while self.late and self.late[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(self.late)
            if self.passes[to]:
                self.deliver(to, packet)
        return max(self.late[0][0] - time.monotonic(), 0) if self.late else 0.1

    def carry(self):
        ends = {self.machines[WORKER].device: SERVER, self.machines[SERVER].device: WORKER}
        while not self.is_over.is_set():
            ready, _, _ = select.select(list(ends), [], [], self.carry_late())
            for device in ready:
                with contextlib.suppress(BlockingIOError):
                    self.take(ends[device], os.read(device, LARGEST_PACKET))

    def __enter__(self):
        self.carrier.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.carrier.join()
        for machine in self.machines.values():
            machine.close()

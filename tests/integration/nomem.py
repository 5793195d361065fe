"""The end of memory, as nomem.c makes it: which allocation fails, and what came of it."""

import mmap
import os
import struct

RANKS, OTHERS_MAX = 64, 65536  # as in nomem.c, like what follows
# fails (rank, number), times, spreads, failed, who, copies, offset, copied, begun
HEAD = struct.Struct("5q32s4q")
PAIR = struct.Struct("2q")     # of a process (pid, count), of a place (rank, number)
NUMBER = struct.Struct("q")
PROCESSES = HEAD.size
OTHER_COUNT = PROCESSES + RANKS * PAIR.size
OTHERS = OTHER_COUNT + NUMBER.size
OTHER = struct.Struct("3q")    # of a copy (rank, number, whether it ran on)
SIZE = OTHERS + OTHERS_MAX * OTHER.size

EVER = 1 << 60


class Control:
    """The file by which a test tells the preloaded library what to do. A place is a pair, the rank
    of a process and the number of an allocation in it."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "control")
        with open(self.path, "wb") as file:
            file.truncate(SIZE)
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), SIZE)

    def forget(self):
        """The next process is the first."""
        self.map[:] = bytes(SIZE)

    def _set(self, fails=(0, 0), times=0, spreads=False, copies=0, offset=0):
        """Counts from 1 again, in the processes that are there."""
        begun = self._head()[-1]
        HEAD.pack_into(self.map, 0, 0, 0, 0, 0, 0, b"", 0, 0, 0, begun)
        for rank in range(min(begun, RANKS)):
            NUMBER.pack_into(self.map, PROCESSES + rank * PAIR.size + NUMBER.size, 0)
        NUMBER.pack_into(self.map, OTHER_COUNT, 0)
        HEAD.pack_into(self.map, 0, *fails, times, spreads, 0, b"", copies, offset, 0, begun)

    def rest(self):
        """Nothing fails."""
        self._set()

    def fail(self, place, once, alone=False):
        """That allocation fails; or all from then on, of all processes or of this one alone."""
        self._set(place, 1 if once else EVER, not once and not alone)

    def copy(self, each, offset):
        """Each so-manieth allocation fails, in a copy of its process; the offset is below each."""
        self._set(copies=each, offset=offset)

    def _head(self):
        return HEAD.unpack_from(self.map)

    @property
    def failed(self):
        return self._head()[4]

    @property
    def copied(self):
        """How many copies ended as they should."""
        return self._head()[8]

    @property
    def who(self):
        """Who had no memory first: the program's name or a library's."""
        return self._head()[5].rstrip(b"\0").decode()

    def _processes(self):
        return [PAIR.unpack_from(self.map, PROCESSES + rank * PAIR.size)
                for rank in range(min(self._head()[-1], RANKS))]

    def rank(self, pid):
        """The rank of a process."""
        return [each for each, _ in self._processes()].index(pid)

    def places(self):
        """Every allocation there was."""
        return [(rank, number) for rank, (_, count) in enumerate(self._processes())
                for number in range(1, count + 1)]

    def others(self):
        """Where a copy did not end as it should -> whether it would not end."""
        count = NUMBER.unpack_from(self.map, OTHER_COUNT)[0]
        assert count <= OTHERS_MAX
        found = [OTHER.unpack_from(self.map, OTHERS + other * OTHER.size) for other in range(count)]
        return {(rank, number): bool(ran_on) for rank, number, ran_on in sorted(found)}

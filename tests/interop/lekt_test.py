"""Two connections of `lekt` in memory, in virtual time: python3 lekt_test.py [SEED]"""
import random
import sys
import unittest

sys.dont_write_bytecode = True

from lekt.connection import Connection, Options, Silence
from lekt.wire import MESSAGE_START

SEED = int(sys.argv.pop()) if len(sys.argv) > 1 else random.randrange(2**32)


class App:
    """Notes what it is told; `echo` sends each message back."""

    def __init__(self):
        self.messages, self.aborted, self.stopped, self.confirmed = [], [], [], []
        self.reason = None

    def on_message(self, message_id, body):
        self.messages.append(body)

    def on_abort(self, message_id, reason):
        self.aborted.append(reason)

    def on_stopped(self, message_id, reason):
        self.stopped.append(reason)

    def on_confirmed(self, message_id, is_taken):
        self.confirmed.append(is_taken)

    def on_goodbye(self, reason):
        self.reason = reason


class Side:
    """A connection, and the bytes on their way from it."""

    def __init__(self, minor=1, **settings):
        self.app = App()
        options = Options()
        for name, value in settings.items():
            setattr(options, name, value)
        self.connection = Connection(minor, options, self.app, 0)
        self.wire = bytearray()
        self.has_ended = False

    def send(self, *bodies, **how):
        for body in bodies:
            self.connection.outgoing.send(body, **how)

    def write(self, now, most=1):
        """Up to so many packets go out."""
        for _ in range(most):
            data = self.connection.next_packet(now)
            if data is None:
                return
            self.wire += data

    def deliver(self, other, size, now):
        """So many bytes reach the other side."""
        data = bytes(self.wire[:size])
        del self.wire[:size]
        if data:
            other.connection.receive(data, now)


def random_settings(rng):
    return {
        "part": rng.choice([1, 97, 4096, 262_144]),
        "window": rng.choice([2**20, 2**21, 2**26]),
        "message_window": rng.choice([2**21, 2**22, 2**24]),
    }


def random_bodies(rng, part):
    most = 400 if part == 1 else 3_000_000 if part > 97 else 300_000
    return [bytes(rng.choice([0, 1, 64, rng.randrange(most)])) for _ in range(rng.randrange(6))]


class Conversations(unittest.TestCase):
    def test_whatever_the_cuts_all_arrives_and_both_may_end(self):
        for seed in range(SEED, SEED + 60):
            with self.subTest(seed=seed):
                self.converse(random.Random(seed))

    def converse(self, rng):
        minor = rng.choice([0, 1, 1, 1])
        sides = [Side(minor, **random_settings(rng)) for _ in range(2)]
        sent, asked, aborts = [], [], []
        for side in sides:
            how = {"asks": rng.random() < 0.5, "ends_late": rng.random() < 0.5}
            bodies = random_bodies(rng, side.connection.options.part)
            side.send(*bodies, **how)
            aborts.append(rng.randrange(3))
            side.send(*[b"cut"] * aborts[-1], abort_reason="enough")
            side.connection.leave("bye")
            sent.append(sorted(map(len, bodies)))
            asked.append(len(bodies) if how["asks"] and minor else 0)
        self.run_to_the_end(rng, sides)
        for side, other, index in zip(sides, reversed(sides), (1, 0)):
            self.assertEqual(sorted(map(len, side.app.messages)), sent[index])
            self.assertEqual(side.app.aborted, ["enough"] * aborts[index])
            self.assertEqual(other.app.confirmed, [True] * asked[index])
            self.assertEqual(side.app.reason, "bye" if minor else None)
            self.assertTrue(side.connection.end())

    def run_to_the_end(self, rng, sides):
        still = 0
        while not all(side.connection.may_end and not side.wire for side in sides):
            before = [len(side.wire) for side in sides]
            side, other = rng.sample(sides, 2)
            side.write(0, rng.choice([1, 3, 100]))
            moved = len(side.wire) != before[sides.index(side)] or side.wire
            side.deliver(other, rng.choice([1, 13, 8191, 10**7]), 0)
            still = 0 if moved else still + 1
            self.assertLess(still, 100, "stuck")

    def test_what_nobody_reads_stops_nobody_else(self):
        alice, bob = Side(), Side(hold_over=100_000)
        alice.send(*[bytes(1_000_000)] * 100)
        for turn in range(200):
            if turn == 100:
                # The connection's window is full but for what is kept for this.
                alice.send(b"hello", asks=True)
            alice.write(0, 1000)
            alice.deliver(bob, 10**9, 0)
            bob.write(0, 1000)
            bob.deliver(alice, 10**9, 0)
        self.assertEqual(bob.app.messages, [b"hello"])
        self.assertEqual(alice.app.confirmed, [True])
        self.assertLessEqual(bob.connection.incoming.window.spent, 2**26)

    def test_a_stopped_message_costs_no_more_than_its_window(self):
        alice, bob = Side(), Side(stop_over=1000)
        alice.send(bytes(100_000_000), asks=True)
        for _ in range(10):
            alice.write(0, 10_000)
            alice.deliver(bob, 10**9, 0)
            bob.write(0)
            bob.deliver(alice, 10**9, 0)
        self.assertEqual(alice.app.stopped, ["enough"])
        self.assertEqual(bob.app.aborted, ["enough"])
        self.assertLessEqual(bob.connection.incoming.window.spent, 2 * MESSAGE_START)
        self.assertEqual(alice.connection.outgoing.unanswered, set())


    def test_a_reader_of_everything_allows_more_again_and_again(self):
        # What was held and given up counts as taken too.
        alice, bob = Side(), Side(window=2**20, hold_over=100_000)
        for _ in range(20):
            alice.send(bytes(200_000), abort_reason="enough")
            for _ in range(10):
                alice.write(0, 1000)
                alice.deliver(bob, 10**9, 0)
                bob.write(0)
                bob.deliver(alice, 10**9, 0)
        self.assertEqual(bob.app.aborted, ["enough"] * 20)

    def test_what_is_unread_never_exceeds_the_window(self):
        alice, bob = Side(), Side(window=2**21, hold_over=0)
        alice.send(*[bytes(200_000)] * 100)
        for _ in range(100):
            alice.write(0, 1000)
            alice.deliver(bob, 10**9, 0)
            bob.write(0)
            bob.deliver(alice, 10**9, 0)
        self.assertLessEqual(bob.connection.incoming.window.spent, 2**21)


class Liveness(unittest.TestCase):
    def pass_time(self, alice, bob, start, end, rate=10**9):
        """A second at a time; so many bytes a second come through from alice to bob."""
        for now in range(start, end):
            for side, other, size in ((alice, bob, rate), (bob, alice, 10**9)):
                side.write(now, 1000)
                side.deliver(other, size, now)
            for side in (alice, bob):
                due = side.connection.due()
                if due is not None and now >= due:
                    side.connection.tick(now)

    def test_who_only_says_nothing_is_not_taken_for_dead(self):
        alice, bob = Side(), Side()
        self.pass_time(alice, bob, 0, 10_000)
        # Neither do the pings of one side keep the other from its own.
        self.pass_time(alice, bob, 10_000, 20_000)

    def test_who_does_not_ping_is_not_taken_for_dead(self):
        self.pass_time(Side(), Side(ping=0), 0, 10_000)

    def test_a_path_that_is_slow_in_one_direction_is_alive(self):
        # What alice wrote takes hours, and her Ping stands behind it.
        alice, bob = Side(ping=5, silence=15), Side(ping=5, silence=15)
        bob.connection.options.hold_over = 0
        alice.send(bytes(200_000))
        self.pass_time(alice, bob, 0, 4_000, rate=50)

    def test_who_vanishes_is_noticed_in_time(self):
        for seed in range(SEED, SEED + 50):
            rng = random.Random(seed)
            alice, bob = Side(), Side()
            alice.send(*[bytes(rng.randrange(2_000_000)) for _ in range(rng.randrange(3))])
            cut = rng.randrange(200)
            self.pass_time(alice, bob, 0, cut, rate=rng.choice([1_000, 10**9]))
            for side in (alice, bob):
                heard = side.connection._heard
                with self.subTest(seed=seed), self.assertRaises(Silence):
                    for now in range(cut, cut + 100):
                        side.write(now, 1000)
                        if now >= side.connection.due():
                            side.connection.tick(now)
                self.assertEqual(now, heard + 45)

    def test_who_has_slept_itself_does_not_blame_the_other(self):
        alice, bob = Side(), Side()
        self.pass_time(alice, bob, 0, 100)
        for side in (alice, bob):
            side.connection.tick(5_000)
        self.pass_time(alice, bob, 5_000, 6_000)

    def test_a_stream_that_has_ended_is_not_waited_for(self):
        alice, bob = Side(), Side()
        for side in (alice, bob):
            side.connection.leave()
        self.pass_time(alice, bob, 0, 3)
        self.assertTrue(alice.connection.may_end and bob.connection.may_end)
        self.assertTrue(alice.connection.end())
        self.assertIsNone(alice.connection.due())


if __name__ == "__main__":
    print(f"seed {SEED}", file=sys.stderr)
    unittest.main()

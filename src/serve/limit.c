#include "serve/limit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"

enum {
    SECRET = 32,      /* bytes */
    SLOT_DIGITS = 15, /* hexadecimal ones of the digest: they fit a long */
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a worker that is killed must not leave a lock behind");
_Static_assert((int)LIMIT_SLOTS <= (int)LIMIT_NO_SLOT, "a slot must fit its type");

/* Arrivals and requests are paced by the generic cell rate algorithm: what is kept is when the
 * budget will be full again, in nanoseconds. Counts are kept by worker, so that those of one that
 * dies can be dropped, and only their owner writes them. */
struct limit_table {
    unsigned char secret[SECRET];
    _Atomic uint64_t requests[LIMIT_SLOTS];
    _Atomic uint64_t arrivals[LIMIT_SLOTS];
    _Atomic pid_t owners[LIMIT_WORKERS]; /* 0: a column that is free, and clear */
    _Atomic uint32_t counts[LIMIT_WORKERS][LIMIT_SLOTS];
};

struct limit_table *
limit_table_new(struct failure *why)
{
    struct limit_table *table =
        mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED) {
        fail_errno(why, "cannot share memory with the workers");
        return NULL;
    }
    if (getrandom(table->secret, SECRET, 0) == SECRET)
        return table;
    fail_errno(why, "no random numbers for the limits");
    munmap(table, sizeof *table);
    return NULL;
}

void
limit_table_forget(struct limit_table *table, pid_t pid)
{
    for (size_t column = 0; column < LIMIT_WORKERS; column++) {
        if (atomic_load(&table->owners[column]) != pid)
            continue;
        for (size_t slot = 0; slot < LIMIT_SLOTS; slot++)
            atomic_store_explicit(&table->counts[column][slot], 0, memory_order_relaxed);
        atomic_store(&table->owners[column], 0);
    }
}

static bool
take_column(struct limiter *limiter)
{
    for (size_t column = 0; column < LIMIT_WORKERS; column++) {
        pid_t nobody = 0;

        limiter->column = column;
        if (atomic_compare_exchange_strong(&limiter->table->owners[column], &nobody, getpid()))
            return true;
    }
    return false;
}

static struct pace
pace_of(unsigned per_s, unsigned burst)
{
    return (struct pace){.interval_ns = SECOND_NS / per_s, .burst = burst};
}

bool
limiter_begin(struct limiter *limiter, struct limit_table *table, const struct config *config,
              struct failure *why)
{
    unsigned per_s = config->limits.requests_per_s, burst = config->limits.burst;

    *limiter = (struct limiter){
        .table = table,
        .connections = config->limits.connections_per_address,
        .requests = pace_of(per_s, burst),
        .arrivals = pace_of(LIMIT_ARRIVALS * per_s, LIMIT_ARRIVALS * burst),
        .exempt_count = config->limits.rate_exempt.count,
    };
    for (size_t i = 0; i < limiter->exempt_count; i++)
        if (!network_parse(&limiter->exempt[i], config->limits.rate_exempt.items[i]))
            return fail(why, "[limits] rate_exempt: %s", config->limits.rate_exempt.items[i]);
    return take_column(limiter) || fail(why, "more than %d workers", LIMIT_WORKERS);
}

uint64_t
limit_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static bool
is_exempt(const struct limiter *limiter, const struct place *place)
{
    for (size_t i = 0; i < limiter->exempt_count; i++)
        if (network_holds(&limiter->exempt[i], place))
            return true;
    return false;
}

/* All inputs have the same length and begin with the secret, so the digest is as good as a keyed
 * one. */
static uint16_t
slot_of(const struct limit_table *table, const struct place *place)
{
    struct network net = network_of(place);
    char text[SECRET + sizeof net.place.bytes + 1];
    struct digest digest;

    memcpy(text, table->secret, SECRET);
    memcpy(text + SECRET, net.place.bytes, sizeof net.place.bytes);
    text[sizeof text - 1] = net.place.family == AF_INET ? '4' : '6';
    digest = digest_of((struct str){text, sizeof text});
    digest.hex[SLOT_DIGITS] = '\0';
    return (uint16_t)(strtoul(digest.hex, NULL, 16) % LIMIT_SLOTS);
}

/* Takes one from a budget, or nothing when there is none left. What a former configuration allowed
 * to be taken in advance counts for a whole burst at most. */
static bool
take(_Atomic uint64_t *full_at, const struct pace *pace, uint64_t now_ns)
{
    const uint64_t most = pace->interval_ns * pace->burst;
    uint64_t before = atomic_load(full_at), taken;
    bool is_left;

    do {
        taken = before > now_ns ? before - now_ns : 0;
        taken = taken < most ? taken : most;
        is_left = taken + pace->interval_ns <= most;
        taken += is_left ? pace->interval_ns : 0;
    } while (!atomic_compare_exchange_weak(full_at, &before, now_ns + taken));
    return is_left;
}

static uint64_t
connections_of(const struct limit_table *table, uint16_t slot)
{
    uint64_t sum = 0;

    for (size_t column = 0; column < LIMIT_WORKERS; column++)
        if (atomic_load_explicit(&table->owners[column], memory_order_relaxed) != 0)
            sum += atomic_load_explicit(&table->counts[column][slot], memory_order_relaxed);
    return sum;
}

enum admission
limit_enter(struct limiter *limiter, const struct sockaddr *from, uint64_t now_ns, uint16_t *slot)
{
    struct limit_table *table = limiter->table;
    struct place place;
    uint64_t count;

    *slot = LIMIT_NO_SLOT;
    if (!place_of(&place, from) || is_exempt(limiter, &place))
        return ADMISSION_FREE;
    *slot = slot_of(table, &place);
    count = connections_of(table, *slot);
    if (count >= (uint64_t)LIMIT_EXCESS * limiter->connections ||
        !take(&table->arrivals[*slot], &limiter->arrivals, now_ns))
        return ADMISSION_SHUT;
    atomic_fetch_add(&table->counts[limiter->column][*slot], 1);
    return count < limiter->connections ? ADMISSION_FREE : ADMISSION_REFUSED;
}

void
limit_leave(struct limiter *limiter, uint16_t slot)
{
    _Atomic uint32_t *count;

    if (slot == LIMIT_NO_SLOT)
        return;
    count = &limiter->table->counts[limiter->column][slot];
    if (atomic_load(count) > 0) /* always, but what others can write is no ground for an assert */
        atomic_fetch_sub(count, 1);
}

bool
limit_request(struct limiter *limiter, uint16_t slot, uint64_t now_ns)
{
    return slot == LIMIT_NO_SLOT ||
           take(&limiter->table->requests[slot], &limiter->requests, now_ns);
}

#ifndef SERVE_SANDBOX_H
#define SERVE_SANDBOX_H

/*
 * What is left to a process that a stranger may have taken over. A worker answers the connections
 * that it has and reads the capsule; every other file, program, process and socket is out of its
 * reach, by two locks of the kernel that do not know of each other: Landlock (files) and seccomp
 * (system calls). One function for each kind of process. Nothing may be opened lazily afterwards:
 * no names looked up, no time zone, no code loaded.
 *
 * What remains: whether a file outside exists, and its size and times (stat, which Landlock does
 * not know), to be told over the connections that it has.
 */

#include "base/log.h"
#include "site/site.h"

/* Asked once for each generation, before its workers start: false when the configuration names a
 * user or requires a sandbox that this system lacks; where it only tries, a line in the log. */
bool sandbox_check(const struct config *config, const struct log *log, struct failure *why);

/* Becomes the user that the configuration names and gives up everything else; only reading the
 * capsule and its books is left. To be called last, with all that a worker needs already open. */
bool sandbox_worker(const struct config *config, const struct site *site, const struct log *log,
                    struct failure *why);

/* The same for the process that holds the keys, once it has read them: no file is left to it, and
 * of the system calls little more than to receive and to send on the sockets that it has. */
bool sandbox_keyring(const struct config *config, const struct log *log, struct failure *why);

/* Before the index is made: becomes the configured user where he owns the folder of the index. In
 * somebody else's only root can write. */
bool sandbox_indexer(const struct config *config, struct failure *why);

#endif

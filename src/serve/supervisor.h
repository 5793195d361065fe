#ifndef SERVE_SUPERVISOR_H
#define SERVE_SUPERVISOR_H

/*
 * The parent: binds, forks, waits. It reads nothing that comes from the network. A process is the
 * unit of configuration: a reload forks a new generation of workers, and only when all of them are
 * ready are the old ones told to finish what they have. Whatever fails leaves the old generation
 * serving.
 */

enum {
    STOP_S = 35, /* seconds after the order to end when workers that are left are killed */
};

/* Serves until SIGTERM or SIGINT. The exit status of the program. */
int supervise(const char *config_path);

#endif

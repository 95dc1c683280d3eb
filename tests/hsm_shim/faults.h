/* What goes wrong now, and the log of what was asked; both in the directory that HSM_SHIM names. */
#ifndef FAULTS_H
#define FAULTS_H

#include "cryptoki.h"

enum { PATH_LENGTH = 4096, MOST_ERRORS = 8, MOST_DATA = 1024 };

typedef struct {
    double delay_from, delay_to; /* ms */
    int hangs;
    double hang_seconds; /* 0: until told */
    int absent;
    int errors;
    struct {
        Ulong answer;
        double share;
    } error[MOST_ERRORS];
} Faults;

/* Give 0 when HSM_SHIM names no directory with a log that can be written. */
int faults_open(void);
/* The path of a file in the directory; `path` has room for PATH_LENGTH. */
void faults_path(char *path, const char *name);
/* As the control file says at this moment; without one, nothing. */
Faults faults_now(void);
/* One of the errors in its share of the cases, else CKR_OK. */
Ulong faults_error(const Faults *faults);
/* Delay and hang as told. */
void faults_wait(const Faults *faults);
/* A line of the log: members of a JSON object, after the moment, the process and the thread. */
void faults_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

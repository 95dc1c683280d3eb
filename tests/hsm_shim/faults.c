#define _GNU_SOURCE
#include "faults.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char directory[PATH_LENGTH];
static int log_descriptor = -1;
static Faults present;
static struct stat seen;

static __thread unsigned short dice[3];
static __thread int dice_are_seeded;

int faults_open(void)
{
    char path[PATH_LENGTH];
    const char *named = getenv("HSM_SHIM");
    if (!named || strlen(named) >= sizeof directory)
        return 0;
    strcpy(directory, named);
    faults_path(path, "log");
    log_descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return log_descriptor >= 0;
}

void faults_path(char *path, const char *name)
{
    if (snprintf(path, PATH_LENGTH, "%s/%s", directory, name) >= PATH_LENGTH)
        abort();
}

static void understand(const char *line, Faults *found)
{
    double from, to;
    Ulong answer;
    int given = sscanf(line, "delay %lf %lf", &from, &to);
    if (given >= 1) {
        found->delay_from = from;
        found->delay_to = given == 2 ? to : from;
    } else if (sscanf(line, "error %li %lf", (long *)&answer, &from) == 2) {
        if (found->errors == MOST_ERRORS)
            abort();
        found->error[found->errors].answer = answer;
        found->error[found->errors++].share = from;
    } else if (!strncmp(line, "hang", 4)) {
        found->hangs = 1;
        found->hang_seconds = sscanf(line, "hang %lf", &from) == 1 ? from : 0;
    } else if (!strncmp(line, "absent", 6)) {
        found->absent = 1;
    } else {
        /* A test whose fault never happens would prove nothing. */
        fprintf(stderr, "the shim does not know the fault: %s", line);
        abort();
    }
}

static Faults read_file(const char *path)
{
    Faults found = {0};
    char line[200];
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        understand(line, &found);
    if (file)
        fclose(file);
    return found;
}

static int is_unchanged(const struct stat *now)
{
    return now->st_ino == seen.st_ino && now->st_size == seen.st_size &&
           now->st_mtim.tv_sec == seen.st_mtim.tv_sec && now->st_mtim.tv_nsec == seen.st_mtim.tv_nsec;
}

Faults faults_now(void)
{
    char path[PATH_LENGTH];
    struct stat now;
    faults_path(path, "control");
    pthread_mutex_lock(&lock);
    if (stat(path, &now) != 0)
        memset(&now, 0, sizeof now);
    if (!is_unchanged(&now)) {
        present = read_file(path);
        seen = now;
    }
    Faults found = present;
    pthread_mutex_unlock(&lock);
    return found;
}

static double chance(void)
{
    if (!dice_are_seeded) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        Ulong seed = (Ulong)now.tv_nsec ^ ((Ulong)pthread_self() >> 12) ^ ((Ulong)getpid() << 20);
        memcpy(dice, &seed, sizeof dice);
        dice_are_seeded = 1;
    }
    return erand48(dice);
}

Ulong faults_error(const Faults *faults)
{
    double left = chance();
    for (int n = 0; n < faults->errors; n++) {
        if (left < faults->error[n].share)
            return faults->error[n].answer;
        left -= faults->error[n].share;
    }
    return CKR_OK;
}

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void pause_for(double seconds)
{
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0) {
    }
}

void faults_wait(const Faults *faults)
{
    if (faults->delay_to > 0)
        pause_for(1e-3 * (faults->delay_from + (faults->delay_to - faults->delay_from) * chance()));
    double until = monotonic() + faults->hang_seconds;
    for (Faults now = *faults; now.hangs; now = faults_now()) {
        if (now.hang_seconds > 0 && monotonic() >= until)
            break;
        pause_for(0.005);
    }
}

void faults_log(const char *format, ...)
{
    char line[512 + 2 * MOST_DATA];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int length = snprintf(line, sizeof line, "{\"at\":%lld.%06ld,\"pid\":%d,\"thread\":%lu,",
                          (long long)now.tv_sec, now.tv_nsec / 1000, (int)getpid(), (Ulong)pthread_self());
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    va_end(arguments);
    /* A use of a key that is missing would make the log worthless, so nothing goes on without. */
    if ((size_t)length + 2 > sizeof line)
        abort();
    memcpy(line + length, "}\n", 2);
    if (write(log_descriptor, line, (size_t)length + 2) != length + 2)
        abort();
}

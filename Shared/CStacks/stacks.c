#define _GNU_SOURCE
#include "cstacks.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { depth = 64, buffer_size = 4096 };

static atomic_int answered;

static void say(const char *text) {
    if (write(2, text, strlen(text)) < 0) return;
}

static void say_number(long number) {
    char digits[24];
    int place = sizeof digits - 1;
    digits[place] = 0;
    do digits[--place] = (char)('0' + number % 10); while ((number /= 10) > 0 && place > 0);
    say(digits + place);
}

/// Of one thread, by itself.
static void dump_own(int signal) {
    (void)signal;
    int before = errno;
    void *frames[depth];
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    say("stack of thread ");
    say_number(syscall(SYS_gettid));
    say(" ");
    say(name);
    say("\n");
    backtrace_symbols_fd(frames, backtrace(frames, depth), 2);
    atomic_fetch_add(&answered, 1);
    errno = before;
}

static void ask(long thread) {
    int before = atomic_load(&answered);
    if (syscall(SYS_tgkill, getpid(), thread, SIGRTMIN + 7) != 0) return;
    for (int i = 0; i < 100 && atomic_load(&answered) == before; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (atomic_load(&answered) != before) return;
    say("thread ");
    say_number(thread);
    say(" does not answer\n");
}

struct entry {
    unsigned long inode;
    long offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/// Of all threads, one after the other; opendir would take a lock.
static void dump_all(int signal) {
    (void)signal;
    int before = errno;
    int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    static char buffer[buffer_size];
    long count;
    while (folder >= 0 && (count = syscall(SYS_getdents64, folder, buffer, buffer_size)) > 0) {
        for (long place = 0; place < count;) {
            struct entry *entry = (struct entry *)(buffer + place);
            if (entry->name[0] != '.') ask(strtol(entry->name, NULL, 10));
            place += entry->length;
        }
    }
    if (folder >= 0) close(folder);
    say("end of stacks\n");
    errno = before;
}

void cs_dump_on_quit(void) {
    // The first call loads what unwinds, which a handler could not.
    void *frame[1];
    backtrace(frame, 1);
    struct sigaction action = {0};
    action.sa_flags = SA_RESTART;
    action.sa_handler = dump_own;
    sigaction(SIGRTMIN + 7, &action, NULL);
    // Its own signal must get through to the thread that runs this one.
    action.sa_handler = dump_all;
    sigaction(SIGQUIT, &action, NULL);
}

int cs_hide(void) { return prctl(PR_SET_DUMPABLE, 0); }

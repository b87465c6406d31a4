// Functions younger than glibc 2.28 that the compiler's headers and libstdc++.a refer to, written with older ones. Hidden:
// they serve the addon alone.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// glibc 2.32. Zero means "there may be other threads": reference counts stay atomic, which is always correct.
char __libc_single_threaded = 0;

// glibc 2.33 made these functions; before, they were inlines over __xstat. struct stat is the kernel's on 64-bit systems.
int fstatat(int directory, const char* restrict path, struct stat* restrict result, int flags) {
  return (int)syscall(SYS_newfstatat, directory, path, result, flags);
}

int stat(const char* restrict path, struct stat* restrict result) { return fstatat(AT_FDCWD, path, result, 0); }

int lstat(const char* restrict path, struct stat* restrict result) {
  return fstatat(AT_FDCWD, path, result, AT_SYMLINK_NOFOLLOW);
}

int fstat(int file, struct stat* result) { return (int)syscall(SYS_fstat, file, result); }

// glibc 2.36, used by std::random_device. Waits only before the kernel's generator is seeded, early at boot.
uint32_t arc4random(void) {
  uint32_t value = 0;
  while (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value) {
  }
  return value;
}

static struct timespec shifted(const struct timespec* deadline, clockid_t from, clockid_t to) {
  struct timespec source, target;
  clock_gettime(from, &source);
  clock_gettime(to, &target);
  int64_t nanoseconds = (int64_t)(deadline->tv_sec - source.tv_sec) * 1000000000 +
                        (deadline->tv_nsec - source.tv_nsec) + (int64_t)target.tv_sec * 1000000000 + target.tv_nsec;
  return (struct timespec){.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)};
}

// glibc 2.30, used by std::condition_variable with the steady clock. The wait happens on the wall clock: when that is set
// while somebody waits, the wait ends early or late once, which callers of a condition variable must expect anyway.
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const struct timespec* deadline) {
  if (clock == CLOCK_REALTIME) return pthread_cond_timedwait(condition, mutex, deadline);
  struct timespec wall = shifted(deadline, clock, CLOCK_REALTIME);
  return pthread_cond_timedwait(condition, mutex, &wall);
}

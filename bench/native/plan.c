#define _GNU_SOURCE
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "system.h"

static const struct option kOptions[] = {
    {"port", required_argument, NULL, 'p'},
    {"connections", required_argument, NULL, 'c'},
    {"warmup-ms", required_argument, NULL, 'w'},
    {"measure-ms", required_argument, NULL, 'm'},
    {"rate", required_argument, NULL, 'r'},
    {"response-bytes", required_argument, NULL, 'b'},
    {"upload-bytes", required_argument, NULL, 'u'},
    {"hosts", required_argument, NULL, 'H'},
    {"paths", required_argument, NULL, 'P'},
    {"watch", required_argument, NULL, 'W'},
    {"origin", required_argument, NULL, 'O'},
    {"tls", no_argument, NULL, 't'},
    {"resume", no_argument, NULL, 'R'},
    {"reconnect", no_argument, NULL, 'n'},
    {"websocket", no_argument, NULL, 's'},
    {"hold", no_argument, NULL, 'h'},
    {"unannounced", no_argument, NULL, 'U'},
    {NULL, 0, NULL, 0},
};

static void read_pids(char* text, struct Plan* plan) {
  for (char* word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
    if (plan->watched_count == kMaxPids) die("too many processes to watch");
    plan->watched[plan->watched_count++] = (pid_t)number(word);
  }
}

static void read_flag(int letter, struct Plan* plan) {
  switch (letter) {
    case 't':
      plan->tls = true;
      return;
    case 'R':
      plan->resumes = true;
      return;
    case 'n':
      plan->reconnects = true;
      return;
    case 's':
      plan->websocket = true;
      return;
    case 'U':
      plan->unannounced = true;
      return;
    case 'h':
      plan->pace = kHold;
      return;
    default:
      die("usage: see plan.c");
  }
}

static void read_option(int letter, char* value, struct Plan* plan) {
  switch (letter) {
    case 'p':
      plan->port = (uint16_t)number(value);
      return;
    case 'c':
      plan->connections = (uint32_t)number(value);
      return;
    case 'w':
      plan->warmup_ns = number(value) * 1000000;
      return;
    case 'm':
      plan->measure_ns = number(value) * 1000000;
      return;
    case 'b':
      plan->response_bytes = number(value);
      return;
    case 'u':
      plan->upload_bytes = number(value);
      return;
    case 'H':
      plan->hosts = (uint32_t)number(value);
      return;
    case 'P':
      plan->paths = (uint32_t)number(value);
      return;
    case 'W':
      read_pids(value, plan);
      return;
    case 'O':
      plan->origin = (pid_t)number(value);
      return;
    case 'r':
      plan->pace = kFixedRate;
      plan->interval_ns = 1000000000u / number(value);
      return;
    default:
      read_flag(letter, plan);
  }
}

void read_plan(int count, char** words, struct Plan* plan) {
  memset(plan, 0, sizeof *plan);
  plan->connections = 64;
  plan->measure_ns = 1000000000u;
  for (;;) {
    const int letter = getopt_long(count, words, "", kOptions, NULL);
    if (letter < 0) break;
    read_option(letter, optarg, plan);
  }
  if (plan->port == 0 || plan->connections == 0 || optind != count) die("usage: loadgen --port N [options of plan.c]");
}

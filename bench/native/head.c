#define _GNU_SOURCE
#include "head.h"

#include <string.h>
#include <strings.h>

struct Field {
  const char* value;
  size_t length;
};

static bool named(const char* line, size_t length, const char* name, size_t name_length, struct Field* field) {
  if (length <= name_length || line[name_length] != ':' || strncasecmp(line, name, name_length) != 0) return false;
  field->value = line + name_length + 1;
  field->length = length - name_length - 1;
  while (field->length > 0 && *field->value == ' ') {
    field->value++;
    field->length--;
  }
  return true;
}

#define IS(name) named(line, length, name, sizeof(name) - 1, &field)

static int64_t decimal(struct Field field) {
  int64_t value = 0;
  for (size_t i = 0; i < field.length && field.value[i] >= '0' && field.value[i] <= '9'; i++) {
    value = value * 10 + (field.value[i] - '0');
  }
  return value;
}

static void read_field(const char* line, size_t length, struct Head* head) {
  struct Field field;
  // The first letter sorts out nearly every other field before a comparison.
  switch (line[0] | 0x20) {
    case 'c':
      if (IS("content-length")) head->content_length = decimal(field);
      if (IS("connection")) head->closes = field.length >= 5 && strncasecmp(field.value, "close", 5) == 0;
      return;
    case 't':
      if (IS("transfer-encoding")) head->chunked = true;
      return;
    case 'u':
      if (IS("upgrade")) head->upgrades = true;
      return;
    case 's':
      if (!IS("sec-websocket-key")) return;
      head->websocket_key = field.value;
      head->websocket_key_length = field.length;
      return;
    default:
      return;
  }
}

void read_head(const char* bytes, size_t length, struct Head* head) {
  memset(head, 0, sizeof *head);
  head->content_length = -1;
  const char* const last = bytes + length;
  const char* line = bytes;
  for (;;) {
    const char* const end = memchr(line, '\n', (size_t)(last - line));
    if (end == NULL) return;
    const size_t line_length = (size_t)(end - line) - (end > line && end[-1] == '\r');
    if (line == bytes) {
      // "HTTP/1.1 200 OK" has its status at 9; a request line ends with its version.
      if (line_length >= 12 && line[0] == 'H') head->status = (int)decimal((struct Field){line + 9, 3});
      if (line_length >= 8) head->closes = memmem(line, line_length, "HTTP/1.0", 8) != NULL;
    } else if (line_length == 0) {
      head->length = (size_t)(end - bytes) + 1;
      return;
    } else {
      read_field(line, line_length, head);
    }
    line = end + 1;
  }
}

#include "bindings/alive.h"

#include <mutex>

namespace fairlead::bindings {
namespace {

// The only state shared between environments; constant initialisation, no destructor to race with.
constinit std::mutex alive_mutex;
constinit Alive alive_head;

}  // namespace

void enlist(Alive& entry) {
  const std::lock_guard lock(alive_mutex);
  entry.next = alive_head.next;
  entry.previous = &alive_head;
  if (entry.next != nullptr) entry.next->previous = &entry;
  alive_head.next = &entry;
}

void close_and_delist(Alive& entry) {
  const std::lock_guard lock(alive_mutex);
  entry.engine->close();
  entry.previous->next = entry.next;
  if (entry.next != nullptr) entry.next->previous = entry.previous;
}

void close_all() {
  const std::lock_guard lock(alive_mutex);
  for (Alive* at = alive_head.next; at != nullptr; at = at->next) at->engine->close();
}

}  // namespace fairlead::bindings

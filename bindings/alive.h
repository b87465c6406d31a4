// What is still running in this process, so that exit() can end it: a thread that runs while the process tears its memory
// down crashes.
#pragma once

#include "engine/engine.h"

namespace fairlead::bindings {

/// An engine on the list. Owned by whoever owns the engine; on the list from enlist() to close_and_delist().
struct Alive {
  engine::Engine* engine = nullptr;
  Alive* next = nullptr;
  Alive* previous = nullptr;
};

/// Any thread, as all of these.
void enlist(Alive& entry);
/// Ends the engine and takes it off the list in one step, so that exit() on another thread waits for the end.
void close_and_delist(Alive& entry);
/// Ends every engine of the process.
void close_all();

}  // namespace fairlead::bindings

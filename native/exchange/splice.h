// Long bodies in clear text, moved from socket to socket by the kernel.
#pragma once

#include "codec/raw_body.h"
#include "exchange/worker.h"
#include "loop/task.h"

namespace fairlead::exchange {

/// Whether what is left of this body is worth it, and possible as far as `from` and `to` know.
bool splices(const Worker& worker, codec::RawSide& from, codec::RawSide& to);

/// Moves what is left of a body for which splices() is true. Ends early, without an error, when the worker has no pipe to
/// spare: the caller goes on as if nothing had been. The last piece of the body is still to be written, and is empty.
/// `deadline`: until when `from` must have sent all; `idle`: how long it may be silent. 0 = none; one of both is.
loop::Task<Status> splice_body(Worker& worker, codec::RawSide& from, codec::RawSide& to, Nanos deadline,
                               Nanos idle = 0);

}  // namespace fairlead::exchange

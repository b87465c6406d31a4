// What TLS costs without a network: a handshake of the server (CPU time), an idle session (bytes), bulk data.
#include <malloc.h>
#include <time.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "net/secure_layer.h"
#include "snapshot/generated/records.gen.h"

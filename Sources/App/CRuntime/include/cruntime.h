#pragma once

// Nothing to call: see start.c.

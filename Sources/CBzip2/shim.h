// libbz2.
#pragma once
#include <bzlib.h>

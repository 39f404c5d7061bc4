#pragma once
#include <libkmod.h>

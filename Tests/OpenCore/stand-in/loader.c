// In OpenCore's place: a UEFI application that proves where it came from.
//
// It finds the volume that it was started from, reads EFI/OC/config.plist there, prints it on the first serial port between
// two lines, and resets the machine. Types and offsets: UEFI Specification 2.10, chapters 4, 7.3, 9 and 13.
// Built by: clang --target=x86_64-unknown-windows -ffreestanding -fshort-wchar, linked by lld-link.

typedef unsigned char byte;
typedef unsigned short char16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u64 status;
typedef struct {
    u32 a;
    unsigned short b, c;
    byte d[8];
} guid;

typedef struct file {
    u64 revision;
    status (*open)(struct file *, struct file **, const char16 *, u64 mode, u64 attributes);
    void *close, *delete;
    status (*read)(struct file *, u64 *size, void *);
} file;

typedef struct volume {
    u64 revision;
    status (*open)(struct volume *, file **root);
} volume;

typedef struct {
    u32 revision;
    void *parent, *system;
    void *device;
} loaded_image;

typedef struct {
    byte header[24];
    // RaiseTPL to UninstallProtocolInterface: 15 functions before HandleProtocol.
    void *before[16];
    status (*handle_protocol)(void *handle, const guid *, void **);
} boot_services;

typedef struct {
    byte header[24];
    // GetTime to GetNextHighMonotonicCount: 10 functions before ResetSystem.
    void *before[10];
    void (*reset)(u32 type, status, u64 size, void *);
} runtime_services;

typedef struct {
    byte header[24];
    char16 *vendor;
    u32 revision;
    void *console[6];
    runtime_services *runtime;
    boot_services *boot;
} system_table;

static const guid loaded_image_guid = {0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const guid file_system_guid = {0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};

static void put(byte value) {
    byte state;
    do
        __asm__ volatile("inb %1, %0" : "=a"(state) : "Nd"((unsigned short)0x3fd));
    while (!(state & 0x20));
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"((unsigned short)0x3f8));
}

static void say(const char *text) {
    for (; *text; text++) put(*text);
}

static int show(void *image, system_table *system) {
    loaded_image *self;
    volume *disk;
    file *root, *plist;
    static const char16 name[] = L"EFI\\OC\\config.plist";
    if (system->boot->handle_protocol(image, &loaded_image_guid, (void **)&self)) return 1;
    if (system->boot->handle_protocol(self->device, &file_system_guid, (void **)&disk)) return 2;
    if (disk->open(disk, &root)) return 3;
    if (root->open(root, &plist, name, 1, 0)) return 4;
    say("STAND-IN: begin\n");
    static byte block[512];
    u64 size;
    do {
        size = sizeof block;
        if (plist->read(plist, &size, block)) return 5;
        for (u64 i = 0; i < size; i++) put(block[i]);
    } while (size);
    say("STAND-IN: end\n");
    return 0;
}

status efi_main(void *image, system_table *system) {
    int fault = show(image, system);
    if (fault) {
        say("STAND-IN: fault ");
        put((byte)('0' + fault));
        put('\n');
    }
    // EfiResetShutdown.
    system->runtime->reset(2, 0, 0, 0);
    return 0;
}

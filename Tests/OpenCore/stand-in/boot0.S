# In boot0's place, and of its shape: 440 bytes of code for a master boot record.
#
# Starts the active partition of the MBR, or else the first EFI system partition of the GPT, whose boot sector must say BOOT at
# 0x5a. Hands over the drive in DL and the partition's first sector in ESI.
    .code16
    .intel_syntax noprefix
    .globl _start
    .equ load, 0x7c00
    .equ here, 0x0600
    .equ table, 0x8000

_start:
    cli
    xor ax, ax
    mov ss, ax
    mov ds, ax
    mov es, ax
    mov sp, load
    sti
    cld
    # Out of the way of what is loaded: 0x7c00 to 0x0600.
    mov si, load
    mov di, here
    mov cx, 256
    rep movsw
    jmp 0, (here + relocated - _start)

relocated:
    mov si, here + 446
    mov cx, 4
entry:
    cmp byte ptr [si], 0x80
    je active
    add si, 16
    loop entry
    # Not MBR: the GPT's entries begin at sector 2, four a sector, 128 bytes each.
    mov esi, 2
    mov di, table
    call read
    mov si, table
    mov di, here + esp_type - _start
    mov cx, 16
    push si
    repe cmpsb
    pop si
    jne fail
    mov esi, dword ptr [si + 32]
    jmp start

active:
    mov esi, dword ptr [si + 8]
start:
    mov di, load
    call read
    cmp dword ptr [load + 0x5a], 0x544f4f42
    jne fail
    cmp word ptr [load + 510], 0xaa55
    jne fail
    jmp 0, load

fail:
    mov al, 'F'
    mov dx, 0x3f8
    out dx, al
halt:
    hlt
    jmp halt

# Sector ESI to 0:DI, by INT 13h function 42h.
read:
    push esi
    mov dword ptr [packet + 8 - _start + here], esi
    mov word ptr [packet + 4 - _start + here], di
    mov si, here + packet - _start
    mov ah, 0x42
    int 0x13
    pop esi
    jc fail
    ret

packet:
    .byte 16, 0
    .word 1, 0, 0
    .long 0, 0
# C12A7328-F81F-11D2-BA4B-00A0C93EC93B
esp_type:
    .byte 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b

    .org 440
    # The table, the signature and these are the disk's own; here for the shape of a sector.
    .org 510
    .word 0xaa55

# In boot1f32's place, and of its shape: the boot sector of a FAT32 partition, which starts the file BOOT of its root directory.
#
# Everything about the volume comes from the parameters that mkfs.fat wrote into bytes 3 to 89. One cluster of the root directory
# is searched, and the file is taken to lie in one piece, as in a volume that was just filled. Loaded to 0x2000:0x0000.
    .code16
    .intel_syntax noprefix
    .globl _start
    .equ load, 0x7c00
    .equ buffer, 0x8000
    .equ reserved, load + 14
    .equ cluster, load + 13
    .equ fats, load + 16
    .equ fat_sectors, load + 36
    .equ root, load + 44

_start:
    jmp code
    nop
    .org 0x5a
name:
    .ascii "BOOT       "

code:
    mov dword ptr [first], esi
    mov byte ptr [drive], dl
    # Where clusters begin: partition + reserved sectors + FATs.
    movzx eax, byte ptr [fats]
    mul dword ptr [fat_sectors]
    movzx ebx, word ptr [reserved]
    add eax, ebx
    add eax, dword ptr [first]
    mov dword ptr [data], eax

    # The root directory: 16 entries a sector, as many sectors as a cluster has, and the next clusters of a fresh volume.
    mov eax, dword ptr [root]
    call locate
    mov bp, 8
sector:
    xor bx, bx
    mov word ptr [packet + 6], bx
    mov word ptr [packet + 4], buffer
    mov word ptr [packet + 2], 1
    call read
    mov si, buffer
    mov cx, 16
entry:
    push cx
    push si
    mov di, load + 0x5a
    mov cx, 11
    repe cmpsb
    pop si
    pop cx
    je found
    add si, 32
    loop entry
    inc eax
    dec bp
    jnz sector
    jmp fail

found:
    # Size in whole sectors, at most 127 at a time: the stand-in is smaller.
    mov ecx, dword ptr [si + 28]
    add ecx, 511
    shr ecx, 9
    mov word ptr [packet + 2], cx
    mov ax, word ptr [si + 20]
    shl eax, 16
    mov ax, word ptr [si + 26]
    call locate
    mov word ptr [packet + 4], 0
    mov word ptr [packet + 6], 0x2000
    call read
    # OpenDuet's entry is 0x200 bytes into the file. The signature that tells its volume is at 0x1f0 here.
    mov si, load + 0x1f0
    jmp 0x2000, 0x200

# Cluster EAX to sector EAX.
locate:
    sub eax, 2
    movzx ebx, byte ptr [cluster]
    mul ebx
    add eax, dword ptr [data]
    ret

# The packet's sectors from EAX on.
read:
    pushad
    mov dword ptr [packet + 8], eax
    mov si, load + packet - _start
    # Multiplications need EDX.
    mov dl, byte ptr [drive]
    mov ah, 0x42
    int 0x13
    popad
    jc fail
    ret

fail:
    mov al, 'f'
    mov dx, 0x3f8
    out dx, al
halt:
    hlt
    jmp halt

packet:
    .byte 16, 0
    .word 0, 0, 0
    .long 0, 0
first:
    .long 0
data:
    .long 0
drive:
    .byte 0

    # From here on the disk's own: an identifier of 14 bytes.
    .org 0x1f0
    .org 0x1fe
    .word 0xaa55

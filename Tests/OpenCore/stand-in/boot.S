# In OpenDuet's place: says on the first serial port that it runs, and the 14 bytes by which OpenDuet tells its own volume, which
# SI points to. Then ends QEMU through isa-debug-exit.
    .code16
    .intel_syntax noprefix
    .globl _start
_start:
    # Loaded to segment 0x2000; entered 0x200 bytes into the file.
    .org 0x200
    mov bx, si
    mov ax, 0x2000
    mov ds, ax
    mov si, offset text
    call say
    xor ax, ax
    mov ds, ax
    mov si, bx
    mov cx, 14
hex:
    lodsb
    mov ah, al
    shr al, 4
    call digit
    mov al, ah
    and al, 15
    call digit
    loop hex
    mov al, '\n'
    call put
wait:
    # Everything has left the port: QEMU may go.
    mov dx, 0x3fd
    in al, dx
    test al, 0x40
    jz wait
    mov dx, 0xf4
    xor al, al
    out dx, al
halt:
    hlt
    jmp halt

say:
    lodsb
    test al, al
    jz done
    call put
    jmp say
digit:
    add al, '0'
    cmp al, '9'
    jbe put
    add al, 'a' - '9' - 1
put:
    push ax
    push dx
    mov ah, al
ready:
    mov dx, 0x3fd
    in al, dx
    test al, 0x20
    jz ready
    mov al, ah
    mov dx, 0x3f8
    out dx, al
    pop dx
    pop ax
done:
    ret

text:
    .asciz "STAND-IN: boot "
    # More than a cluster, so that the way from cluster to sector is taken.
    .org 3000

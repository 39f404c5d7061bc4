# A guest of one sector that knows its power button: as --32 --defsym BEHAVIOUR=N, then ld -Ttext 0x7c00 --oformat binary.
#
# BEHAVIOUR is what it does when its button is pressed: 0 powers off, 1 nothing, 2 restarts, 3 panics (pvpanic).
# It sends back what comes on its serial port, and shows the keys of its keyboard there and on its screen. With WRITE=1 it fills sectors of its disk with ascending numbers, from sector 64 on, and says each number when its write has completed.
.intel_syntax noprefix
.code16
.globl _start
_start:
    cli
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    sti
    mov [drive], dl
    # PM1_EN of ICH9's ACPI registers, which SeaBIOS puts at 0x600: the button sets a bit of PM1_STS only when it is enabled.
    mov dx, 0x602
    mov ax, 0x100
    out dx, ax
    mov si, offset running
    call say
wait:
    mov dx, 0x600
    in ax, dx
    test ah, 1
    jnz button
    # Once something has come, more may follow before the next interrupt of the timer.
    mov cx, 1
6:  mov dx, 0x3fd
    in al, dx
    test al, 1
    jz 5f
    mov dx, 0x3f8
    in al, dx
    call put
    mov cx, 20000
5:  loop 6b
    mov ah, 1
    int 0x16
    jz 7f
    xor ah, ah
    int 0x16
    call put
    mov ah, 0x0e
    int 0x10
7:
.if WRITE
    call write
.else
    hlt
.endif
    jmp wait

button:
    # Writing a one clears it.
    mov ax, 0x100
    out dx, ax
    mov si, offset pressed
    call say
.if BEHAVIOUR == 0
    # PM1_CNT: SLP_EN, and SLP_TYP 0, which is S5.
    mov dx, 0x604
    mov ax, 0x2000
    out dx, ax
.elseif BEHAVIOUR == 2
    mov dx, 0xcf9
    mov al, 6
    out dx, al
.elseif BEHAVIOUR == 3
    mov dx, 0x505
    mov al, 1
    out dx, al
.endif
    jmp wait

.if WRITE
write:
    mov eax, [number]
    mov di, 0x8000
    mov cx, 128
    rep stosd
    # Sector 64 and the 4095 after it, again and again.
    and eax, 4095
    add eax, 64
    mov [sector], eax
    mov ah, 0x43
    xor al, al
    mov dl, [drive]
    mov si, offset packet
    int 0x13
    jc write
    mov ecx, [number]
    inc dword ptr [number]
    mov di, 8
1:  rol ecx, 4
    mov al, cl
    and al, 15
    add al, '0'
    cmp al, '9'
    jbe 2f
    add al, 39
2:  call put
    dec di
    jnz 1b
    mov si, offset end
    jmp say
.endif

say:
    lodsb
    test al, al
    jz 3f
    call put
    jmp say
put:
    push ax
    mov dx, 0x3fd
4:  in al, dx
    test al, 0x20
    jz 4b
    pop ax
    mov dx, 0x3f8
    out dx, al
3:  ret

running: .asciz "the guest runs\n"
pressed: .asciz "its button was pressed\n"
end: .asciz "\n"
drive: .byte 0
.balign 4
number: .long 1
# The disk address packet of INT 13h, 43h: size, sectors, buffer, first sector.
packet: .byte 16, 0
    .word 1
    .word 0x8000, 0
sector: .long 0, 0
.org 510
    .word 0xaa55

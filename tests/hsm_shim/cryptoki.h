/* As much of PKCS#11 2.40 as the shim looks at; names and numbers are the standard's. */
#ifndef CRYPTOKI_H
#define CRYPTOKI_H

typedef unsigned long Ulong;
typedef unsigned char Byte;
typedef Ulong (*Untouched)(void);

typedef struct {
    Ulong mechanism;
    void *parameter;
    Ulong length;
} Mechanism;

typedef struct {
    Ulong type;
    void *value;
    Ulong length;
} Attribute;

/* CK_FUNCTION_LIST: a version of two bytes, then 68 functions in the standard's order. */
typedef struct FunctionList {
    Byte version[2];
    Ulong (*initialize)(void *arguments);
    Ulong (*finalize)(void *reserved);
    Untouched get_info;
    Ulong (*get_function_list)(struct FunctionList **list);
    Ulong (*get_slot_list)(Byte only_present, Ulong *slots, Ulong *count);
    Untouched get_slot_info;
    Ulong (*get_token_info)(Ulong slot, void *information);
    Untouched from_get_mechanism_list_to_set_pin[5];
    Ulong (*open_session)(Ulong slot, Ulong flags, void *application, void *notify, Ulong *session);
    Untouched from_close_session_to_set_operation_state[5];
    Ulong (*login)(Ulong session, Ulong user, Byte *pin, Ulong length);
    Untouched from_logout_to_get_object_size[5];
    Ulong (*get_attribute_value)(Ulong session, Ulong object, Attribute *wanted, Ulong count);
    Untouched set_attribute_value;
    Ulong (*find_objects_init)(Ulong session, Attribute *wanted, Ulong count);
    Untouched from_find_objects_to_digest_final[15];
    Ulong (*sign_init)(Ulong session, Mechanism *mechanism, Ulong key);
    Ulong (*sign)(Ulong session, Byte *data, Ulong length, Byte *signature, Ulong *signature_length);
    Untouched from_sign_update_to_wait_for_slot_event[24];
} FunctionList;

_Static_assert(sizeof(FunctionList) == 69 * sizeof(Untouched), "68 functions after the version");

enum {
    CKR_OK = 0x00,
    CKR_GENERAL_ERROR = 0x05,
    CKR_DEVICE_REMOVED = 0x32,
    CKR_SESSION_HANDLE_INVALID = 0xB3,
    CKR_TOKEN_NOT_PRESENT = 0xE0
};
enum { CKA_LABEL = 3 };

#endif

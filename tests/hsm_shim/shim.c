/* A PKCS#11 module in front of any other: it passes everything on, fails when told to, and keeps a log.
 *
 * HSM_SHIM names a directory:
 *   module   the path of the module behind, in one line
 *   control  what goes wrong now; looked at in every call, so it may change at any time. A line each:
 *              delay MS [MS]    C_Sign takes so much longer; with two, a random time between them
 *              error RV SHARE   that share of all C_Sign (0 to 1) uses the key and answers RV
 *              hang [SECONDS]   C_Sign does not come back until then, or until the line is gone
 *              absent           the token was taken out
 *   log      a JSON object a line, each in one write(2): every C_Sign with its data before the key
 *            is used, and with its answer after; every C_Login and C_Initialize
 *
 * Once the token was away, sessions are invalid until C_Initialize, as with many modules. Whoever
 * calls C_SignInit is taken to call C_Sign from the same thread.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "cryptoki.h"
#include "faults.h"

enum { LABEL_LENGTH = 64, MOST_LABELS = 64 };

static FunctionList *behind, ours;
static atomic_int token_was_away;

static pthread_mutex_t labels_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    Ulong key;
    char label[LABEL_LENGTH];
} labels[MOST_LABELS];
static int labels_known;

static __thread struct {
    Ulong session, mechanism;
    char label[LABEL_LENGTH];
} operation;

static int is_absent(void)
{
    int absent = faults_now().absent;
    if (absent)
        token_was_away = 1;
    return absent;
}

/* Why what needs a session cannot be done, or CKR_OK. */
static Ulong session_fault(void)
{
    if (is_absent())
        return CKR_DEVICE_REMOVED;
    return token_was_away ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

static int is_label_known(Ulong key, char *label)
{
    int found = 0;
    pthread_mutex_lock(&labels_lock);
    for (int n = 0; n < labels_known && !found; n++) {
        found = labels[n].key == key;
        if (found)
            memcpy(label, labels[n].label, LABEL_LENGTH);
    }
    pthread_mutex_unlock(&labels_lock);
    return found;
}

static void read_label(Ulong session, Ulong key, char *label)
{
    memset(label, 0, LABEL_LENGTH);
    Attribute wanted = {CKA_LABEL, label, LABEL_LENGTH - 1};
    if (behind->get_attribute_value(session, key, &wanted, 1) != CKR_OK) {
        strcpy(label, "?");
        return;
    }
    for (char *each = label; *each; each++)
        if (*each == '"' || *each == '\\' || (Byte)*each < ' ')
            *each = '_';
    pthread_mutex_lock(&labels_lock);
    if (labels_known < MOST_LABELS) {
        labels[labels_known].key = key;
        memcpy(labels[labels_known++].label, label, LABEL_LENGTH);
    }
    pthread_mutex_unlock(&labels_lock);
}

/* Exported besides: whoever wants locking calls these two by name. */
Ulong C_Initialize(void *arguments)
{
    token_was_away = 0;
    is_absent();
    pthread_mutex_lock(&labels_lock);
    labels_known = 0; /* handles may mean other keys from now on */
    pthread_mutex_unlock(&labels_lock);
    Ulong answer = behind->initialize(arguments);
    faults_log("\"call\":\"C_Initialize\",\"answer\":%lu", answer);
    return answer;
}

Ulong C_Finalize(void *reserved)
{
    return behind->finalize(reserved);
}

static Ulong get_slot_list(Byte only_present, Ulong *slots, Ulong *count)
{
    if (only_present && is_absent()) {
        *count = 0;
        return CKR_OK;
    }
    return behind->get_slot_list(only_present, slots, count);
}

static Ulong get_token_info(Ulong slot, void *information)
{
    return is_absent() ? CKR_TOKEN_NOT_PRESENT : behind->get_token_info(slot, information);
}

static Ulong open_session(Ulong slot, Ulong flags, void *application, void *notify, Ulong *session)
{
    if (is_absent())
        return CKR_TOKEN_NOT_PRESENT;
    return behind->open_session(slot, flags, application, notify, session);
}

static Ulong login(Ulong session, Ulong user, Byte *pin, Ulong length)
{
    Ulong answer = session_fault();
    if (answer == CKR_OK)
        answer = behind->login(session, user, pin, length);
    faults_log("\"call\":\"C_Login\",\"answer\":%lu", answer);
    return answer;
}

static Ulong find_objects_init(Ulong session, Attribute *wanted, Ulong count)
{
    Ulong answer = session_fault();
    return answer != CKR_OK ? answer : behind->find_objects_init(session, wanted, count);
}

static Ulong sign_init(Ulong session, Mechanism *mechanism, Ulong key)
{
    Ulong answer = session_fault();
    if (answer == CKR_OK)
        answer = behind->sign_init(session, mechanism, key);
    if (answer != CKR_OK)
        return answer;
    operation.session = session;
    operation.mechanism = mechanism->mechanism;
    if (!is_label_known(key, operation.label))
        read_label(session, key, operation.label);
    return CKR_OK;
}

static int as_hex(char *hex, const Byte *data, Ulong length)
{
    if (length > MOST_DATA)
        return 0;
    for (Ulong n = 0; n < length; n++) {
        hex[2 * n] = "0123456789abcdef"[data[n] >> 4];
        hex[2 * n + 1] = "0123456789abcdef"[data[n] & 15];
    }
    hex[2 * length] = 0;
    return 1;
}

static Ulong sign(Ulong session, Byte *data, Ulong length, Byte *signature, Ulong *signature_length)
{
    if (!signature) /* asks only how long it will be */
        return behind->sign(session, data, length, signature, signature_length);
    char hex[2 * MOST_DATA + 1];
    Ulong room = *signature_length, answer = session_fault();
    if (answer != CKR_OK)
        return answer;
    if (!as_hex(hex, data, length))
        return CKR_GENERAL_ERROR;
    const char *label = operation.session == session ? operation.label : "?";
    /* First of all: whatever kills the process from now on, the use is on record. */
    faults_log("\"call\":\"C_Sign\",\"key\":\"%s\",\"mechanism\":%lu,\"data\":\"%s\"", label,
               operation.mechanism, hex);
    Faults faults = faults_now();
    faults_wait(&faults);
    answer = behind->sign(session, data, length, signature, signature_length);
    Ulong error = faults_error(&faults);
    if (answer == CKR_OK && error != CKR_OK) {
        memset(signature, 0, room); /* the key was used, and nobody sees what it gave */
        answer = error;
    }
    faults_log("\"call\":\"C_Sign\",\"key\":\"%s\",\"answer\":%lu", label, answer);
    return answer;
}

static Ulong get_function_list(FunctionList **list)
{
    *list = &ours;
    return CKR_OK;
}

static void load(void)
{
    char path[PATH_LENGTH], module[PATH_LENGTH] = "";
    Ulong (*get)(FunctionList **) = NULL;
    if (!faults_open())
        return;
    faults_path(path, "module");
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(module, sizeof module, file))
        module[0] = 0;
    fclose(file);
    module[strcspn(module, "\n")] = 0;
    void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (handle)
        *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (!get || get(&behind) != CKR_OK) {
        behind = NULL;
        return;
    }
    ours = *behind;
    ours.initialize = C_Initialize;
    ours.finalize = C_Finalize;
    ours.get_function_list = get_function_list;
    ours.get_slot_list = get_slot_list;
    ours.get_token_info = get_token_info;
    ours.open_session = open_session;
    ours.login = login;
    ours.find_objects_init = find_objects_init;
    ours.sign_init = sign_init;
    ours.sign = sign;
}

Ulong C_GetFunctionList(FunctionList **list)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!behind) {
        fprintf(stderr, "HSM_SHIM names no directory with a `module` that can be loaded\n");
        return CKR_GENERAL_ERROR;
    }
    return get_function_list(list);
}

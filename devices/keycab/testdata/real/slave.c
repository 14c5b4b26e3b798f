/* A Modbus RTU slave on libmodbus: module 1 with eight locks, their hooks and key
   sensors. A hook opens (its input falls) when its coil is switched on. Each coil that
   changes is told on stdout. Usage: slave LINE BAUD */
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOCKS = 8 };

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    modbus_t *line = modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 1);
    modbus_mapping_t *map = modbus_mapping_new(LOCKS, 2 * LOCKS, 0, 0);
    if (!line || !map || modbus_set_slave(line, 1) || modbus_connect(line)) return 3;
    uint8_t before[LOCKS] = {0};
    for (int i = 0; i < LOCKS; i++) {
        map->tab_input_bits[i] = 1;
        map->tab_input_bits[LOCKS + i] = i % 2;
    }
    before[4] = map->tab_bits[4] = 1; /* left driven by a run that died */
    puts("ready");
    fflush(stdout);
    for (;;) {
        uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
        int n = modbus_receive(line, request);
        if (n <= 0) continue; /* noise, or another module's */
        modbus_reply(line, request, n, map);
        for (int i = 0; i < LOCKS; i++) {
            if (map->tab_bits[i] && !before[i]) map->tab_input_bits[i] = 0;
            if (map->tab_bits[i] != before[i]) printf("coil 1 %d %d\n", i, map->tab_bits[i]);
            before[i] = map->tab_bits[i];
        }
        fflush(stdout);
    }
}

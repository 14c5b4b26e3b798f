"""A Modbus RTU slave on pymodbus: two modules, 1 and 2, of eight locks with hooks and
key sensors. A hook opens (its input falls) when its coil is switched on. Each write
of a coil is told on stdout. Usage: slave.py LINE BAUD"""
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer
from pymodbus.transaction import ModbusRtuFramer

LOCKS = 8


class Coils(ModbusSequentialDataBlock):
    def __init__(self, module, inputs):
        super().__init__(0, [0] * LOCKS)
        self.module, self.inputs = module, inputs

    def setValues(self, address, values):
        super().setValues(address, values)
        values = values if isinstance(values, list) else [values]
        for n, on in enumerate(values):
            if on:
                self.inputs.values[address + n] = 0
            print("coil", self.module, address + n, int(on), flush=True)


def module(number):
    inputs = ModbusSequentialDataBlock(0, [1] * LOCKS + [0, 1] * (LOCKS // 2))
    coils = Coils(number, inputs)
    coils.values[4] = 1  # left driven by a run that died
    return ModbusSlaveContext(di=inputs, co=coils, zero_mode=True)


print("ready", flush=True)
StartSerialServer(
    context=ModbusServerContext(slaves={1: module(1), 2: module(2)}, single=False),
    framer=ModbusRtuFramer, port=sys.argv[1], baudrate=int(sys.argv[2]), timeout=0.005,
)

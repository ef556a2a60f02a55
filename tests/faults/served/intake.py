from shared.contracts.vocabulary import Service
from tests.faults.served import serve

if __name__ == "__main__":
    serve(Service.INTAKE)

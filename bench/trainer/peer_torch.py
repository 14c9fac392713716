"""The same training with PyTorch, as fast as a plain loop gets: see README.md."""
import torch

import peer

MOMENTUM = {"sgd": 0.0, "momentum": 0.9}


class Trainer:
    def __init__(self, images, labels):
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)
        self.batches = peer.Batches(len(labels))

    def make(self, batch, optimizer, batch_norm):
        torch.manual_seed(1)
        layers, sizes = [], peer.SIZES
        for k in range(len(sizes) - 1):
            last = k == len(sizes) - 2
            layers.append(torch.nn.Linear(sizes[k], sizes[k + 1], bias=last or not batch_norm))
            if batch_norm and not last:
                layers.append(torch.nn.BatchNorm1d(sizes[k + 1]))
            if not last:
                layers.append(torch.nn.ReLU(inplace=True))
        self.net, self.batch = torch.nn.Sequential(*layers), batch
        self.loss = torch.nn.CrossEntropyLoss()
        parameters = self.net.parameters()
        if optimizer == "adam":
            self.optimizer = torch.optim.Adam(parameters, lr=1e-3)
        else:
            self.optimizer = torch.optim.SGD(parameters, lr=1e-3, momentum=MOMENTUM[optimizer])

    def train(self, batches):
        for _ in range(batches):
            part = self.batches.next(self.batch)
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.net(self.images[part]), self.labels[part]).backward()
            self.optimizer.step()


if __name__ == "__main__":
    peer.serve(Trainer)
